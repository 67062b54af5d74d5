"""Put a file up, see it, get it back, share it for five minutes.

Start a server with `minio-sdk serve`, or set MINIO_ENDPOINT, MINIO_ACCESS_KEY and MINIO_SECRET_KEY.
"""

from minio_sdk import Config, MinIOClient

with MinIOClient(Config.from_env(tenant_id="acme")) as client:
    client.upload("greetings/hello.txt", b"Hello, MinIO!")
    print(client.list("greetings/"))
    print(client.download("greetings/hello.txt").decode())
    print(client.get_presigned_url("default", "greetings/hello.txt", expiry_seconds=300))
    client.delete("greetings/hello.txt")
