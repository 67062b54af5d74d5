"""Fifty uploads and downloads at once with asyncio, on one client."""

import asyncio

from minio_sdk import AsyncMinIOClient, Config


async def round_trip(client: AsyncMinIOClient, number: int) -> bool:
    """Put something up and get it back."""
    key, data = f"tasks/{number}.bin", number.to_bytes(4, "big") * 256
    await client.upload(key, data)
    try:
        return await client.download(key) == data
    finally:
        await client.delete(key)


async def main() -> None:
    """Run them all."""
    async with AsyncMinIOClient(Config.from_env(tenant_id="acme")) as client:
        results = await asyncio.gather(*(round_trip(client, number) for number in range(50)))
        print(f"{sum(results)} of {len(results)} came back the same")


asyncio.run(main())
