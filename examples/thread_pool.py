"""One client shared by a pool of threads: 100 uploads, each with its own success or failure."""

from concurrent.futures import ThreadPoolExecutor, as_completed

from minio_sdk import Config, MinIOClient, MinIOError

files = {f"batch/file{number}.txt": f"Content {number}".encode() for number in range(100)}

with MinIOClient(Config.from_env(tenant_id="acme")) as client, ThreadPoolExecutor(10) as pool:
    futures = {pool.submit(client.upload, key, data): key for key, data in files.items()}
    done = 0
    for future in as_completed(futures):
        try:
            done += future.result().status == "uploaded"
        except MinIOError as error:
            print(f"{futures[future]}: {error}")
    print(f"{done} of {len(files)} uploaded, {len(client.list('batch/'))} listed")
    print(bool(client.delete_objects("default", files)))
