"""What every request carries: host, tenant, date, signature. No I/O.

Rule of this file: nothing is sent that did not go through `Signing.headers`, or through `Signing.head`,
which says the same; an attempt is signed afresh each time, at the server's time as far as it is known.
"""

from __future__ import annotations

from types import EllipsisType

from minio_sdk.clock import Clock
from minio_sdk.config import Config
from minio_sdk.credentials import Provider
from minio_sdk.errors import ValidationError
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import canonical_tenant, check_region
from minio_sdk.models.secret import Secret
from minio_sdk.wire.addressing import hosted, is_virtual
from minio_sdk.wire.failure import read_failure
from minio_sdk.wire.headers import http_date
from minio_sdk.wire.heads import add_length, head_of, is_sized
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.outlines import Outline, has_outline
from minio_sdk.wire.sigv4 import Signer, timestamp
from minio_sdk.wire.url import Endpoint, has_dots, parse_endpoint

TENANT_HEADER = "x-tenant-id"
USER_AGENT = "minio-enterprise-sdk"

# Servers refuse signatures 15 minutes off; a smaller difference than this is noise of the network.
_SKEW_WORTH = 240.0

# A request that is dated further ahead would be good for somebody else at that time.
_SKEW_MOST = 25 * 3600.0

# Seconds for which a Date that has proven wrong isn't believed again.
_DISTRUST = 900.0

# What servers say of keys that have ended, or that they don't know any more.
_STALE = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "InvalidTokenId",
        "TokenRefreshRequired",
    }
)


# What servers say of a signature for another region than theirs.
_OF_REGION = frozenset({"AuthorizationHeaderMalformed", "AuthorizationQueryParametersError"})

_MOST_REGIONS = 10_000

# Names of metadata are their users', who may have any number of them.
_MOST_OUTLINES = 256


class Skew:
    """The server's clock against ours, in seconds, and its region; shared by all views of one server.

    Attributes:
        seconds: what is believed.
        sure: whether the server has said that it was for the clock when it refused.
        lie: what its ``Date`` has said when a request of that very time was refused for its time.
        distrusted: until when, on the monotonic clock, that isn't believed again.
        regions: those that it has named when it refused the configuration's, by bucket; that of what goes to
            the server's own host is under the empty name.
    """

    __slots__ = ("distrusted", "lie", "regions", "seconds", "sure")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sure = False
        self.lie = 0.0
        self.distrusted = -_DISTRUST
        self.regions: dict[str, str] = {}


class _Moment:
    """A second of signing with some keys, and the outlines for its day by method and names of headers."""

    __slots__ = ("keys", "outlines", "second", "stamp")

    def __init__(
        self,
        keys: Credentials | None,
        second: int,
        stamp: str,
        outlines: dict[tuple[object, ...], Outline],
    ) -> None:
        self.keys = keys
        self.second = second
        self.stamp = stamp
        self.outlines = outlines


class Signing:
    """Makes the headers of each attempt for one configuration."""

    __slots__ = (
        "_moment",
        "_signer",
        "clock",
        "config",
        "endpoint",
        "provider",
        "skew",
        "tenant",
        "user_agent",
        "virtual",
    )

    def __init__(self, config: Config, provider: Provider, clock: Clock, skew: Skew) -> None:
        self.config = config
        self.endpoint: Endpoint = parse_endpoint(config.endpoints[0])
        self.virtual = is_virtual(config.addressing, self.endpoint.url)
        self.provider = provider
        self.clock = clock
        self.skew = skew
        self.tenant = None if config.tenant_id is None else canonical_tenant(config.tenant_id)
        added = config.user_agent
        self.user_agent = USER_AGENT if added is None else f"{USER_AGENT} {added}"
        self._signer: Signer | None = None
        self._moment = _Moment(None, 0, "", {})

    def place(self, request: Request) -> Endpoint:
        """Where a request goes: the server, or a host of its bucket's."""
        if self.virtual and request.bucket:
            return hosted(self.endpoint, request.bucket, self.config.addressing) or self.endpoint
        return self.endpoint

    def path(self, request: Request, place: Endpoint) -> str:
        """Its path there, encoded."""
        if place is self.endpoint:
            return place.path + request.path
        return place.path + (request.path[len(request.bucket) + 1 :] or "/")

    def url(self, request: Request) -> str:
        """All of its address."""
        place = self.place(request)
        url = place.origin + self.path(request, place)
        return f"{url}?{request.query}" if request.query else url

    def region_of(self, bucket: str) -> str:
        """The region to sign for, of a bucket with a host of its own or, without a name, of the server."""
        regions = self.skew.regions
        return regions.get(bucket, self.config.region) if regions else self.config.region

    def signer_of(
        self, keys: Credentials, service: str = "s3", region: str | None = None
    ) -> Signer:
        """The signer for `keys`; the one for S3 is kept as long as they are the ones in force."""
        if service != "s3" or region not in (None, self.config.region):
            return Signer(keys, region or self.config.region, service)
        signer = self._signer
        if signer is None or signer.credentials is not keys:
            signer = self._signer = Signer(keys, self.config.region)
        return signer

    def now(self) -> float:
        """The server's time, as far as it is known."""
        return self.clock.time() + self.skew.seconds

    def headers(
        self,
        request: Request,
        keys: Credentials | EllipsisType | None = ...,
        patience: float | None = None,
    ) -> dict[str, str]:
        """All headers of one attempt, lower-case names.

        Args:
            request: what is sent.
            keys: what to sign with, None for nothing; left out, the provider is asked, which may block.
            patience: seconds that asking may take.

        Raises:
            CredentialsError: there are none to be had.
            MinIOTimeoutError: they didn't come in time.
        """
        place = self.place(request)
        headers = {"host": place.host_header, **request.headers, **self._fixed()}
        if request.signed:
            if keys is ...:
                keys = self.provider.credentials(patience)
            request.keys = keys
            if keys is None:
                self._check_fixed(request)
            else:
                region = None
                if self.skew.regions and request.service == "s3":
                    bucket = "" if place is self.endpoint else request.bucket
                    region = request.region = self.region_of(bucket)
                signer = self.signer_of(keys, request.service, region)
                path = self.path(request, place)
                headers.update(
                    signer.sign(
                        request.method,
                        path,
                        request.query,
                        headers,
                        request.payload_hash,
                        self.now(),
                        frozenset() if request.extras is None else request.extras.signed,
                    )
                )
                # Tracebacks may show local variables, and HTTP libraries keep headers in many.
                headers["authorization"] = Secret(headers["authorization"])
        return headers

    def head(
        self,
        request: Request,
        keys: Credentials | EllipsisType | None = ...,
        patience: float | None = None,
    ) -> bytes:
        """The head of one attempt as it is sent, up to its empty line: `headers` and the body's length.

        Args and what it raises are those of `headers`.

        Raises:
            ValueError: a header or the path holds what can't be sent.
        """
        if request.signed and request.service == "s3" and not self.skew.regions:
            if keys is ...:
                keys = self.provider.credentials(patience)
            if keys is not None:
                head = self._outlined(request, keys)
                if head is not None:
                    request.keys = keys
                    return head
        headers = self.headers(request, keys, patience)
        add_length(headers, request)
        target = self.path(request, self.place(request))
        if request.query:
            target = f"{target}?{request.query}"
        return head_of(request.method, target, headers)

    def _fixed(self) -> dict[str, str]:
        # A stored Content-Encoding describes the object, not the transport: bytes come as stored.
        fixed = {"user-agent": self.user_agent, "accept-encoding": "identity"}
        if self.tenant is not None:
            fixed[TENANT_HEADER] = self.tenant
        return fixed

    def _outlined(self, request: Request, keys: Credentials) -> bytes | None:
        """The head from an outline; None where there is none."""
        second = int(self.clock.time() + self.skew.seconds)
        moment = self._moment
        if moment.second != second or (moment.keys is not keys and moment.keys != keys):
            moment = self._moment = self._next(moment, keys, second)
        place = self.place(request)
        which = (place.host_header, request.method, is_sized(request), *request.headers)
        outline = moment.outlines.get(which)
        if outline is None:
            if len(moment.outlines) >= _MOST_OUTLINES or not has_outline(request):
                return None
            signer = self.signer_of(keys)
            key = signer.key_of(moment.stamp[:8])
            outline = Outline(signer, key, request, place.host_header, self._fixed())
            moment.outlines[which] = outline
        if not outline.is_sound:
            return None
        return outline.head(request, self.path(request, place), moment.stamp.encode())

    @staticmethod
    def _next(last: _Moment, keys: Credentials, second: int) -> _Moment:
        # Several threads at midnight at worst lay out the same.
        stamp = timestamp(second)
        same = last.keys == keys and last.stamp[:8] == stamp[:8]
        return _Moment(keys, second, stamp, last.outlines if same else {})

    def may_have_better(self, request: Request, reply: Reply, code: str | None) -> bool:
        """Whether another attempt will be signed with other keys, or for another region, than was refused."""
        keys = request.keys
        if keys is None:
            return False
        if reply.status == 400 and self._learn_region(request, reply, code):
            return True
        # AWS answers 400 to a HEAD with a token that has ended, and can't say why.
        headless = request.method == "HEAD" and reply.status == 400 and code is None
        stale = code in _STALE or (headless and keys.session_token is not None)
        return stale and self.provider.refused(keys)

    def _learn_region(self, request: Request, reply: Reply, code: str | None) -> bool:
        """Whether the server has said for which region it wants to have a request signed, for the first time.

        It goes to where it went before, and nothing has been done yet: a signature for another region is
        worth nothing elsewhere, as the host is signed, too.
        """
        headless = request.method == "HEAD" and code is None
        if (code not in _OF_REGION and not headless) or request.moved or request.service != "s3":
            return False
        region = read_failure(reply).region
        if region is None or region == (request.region or self.config.region):
            return False
        try:
            check_region(region)
        except ValidationError:
            return False
        request.moved = True
        own = self.place(request) is not self.endpoint
        regions = self.skew.regions
        if len(regions) < _MOST_REGIONS:
            regions[request.bucket if own else ""] = region
            return True
        return False

    def _check_fixed(self, request: Request) -> None:
        """Refuse what may become another tenant's object on its way, with no signature that would break.

        Raises:
            ValidationError: a ``.`` or ``..`` between slashes of a key.
        """
        if self.tenant is not None and has_dots(request.path):
            raise ValidationError(
                "key: has a '.' or '..' between slashes, which a proxy may resolve to another tenant's "
                "object, and without credentials no signature would tell",
                hint="another key, or access_key and secret_key",
            )

    def learn_skew(self, reply: Reply, code: str | None, offset: float) -> bool:
        """Whether `reply` refused us for our clock; if so, later attempts use the server's.

        A reply to HEAD names no code, so a 403 with a far-off ``Date`` counts too. A ``Date`` more than 25
        hours off is not believed, nor one by which a request was signed and refused for its time again: what
        it has changed is taken back.

        Args:
            reply: the refusal.
            code: its S3 code.
            offset: the skew that the refused request was signed with. Not `self.skew`: another call may
                have learnt better meanwhile, and then this one is worth another try as well.
        """
        if code != "RequestTimeTooSkewed" and not (reply.status == 403 and code is None):
            return False
        when = http_date(reply.headers.get("date"))
        if when is None:
            return False
        found = when.timestamp() - self.clock.time()
        skew = self.skew
        if abs(found - offset) < _SKEW_WORTH:
            if code is None or offset == 0.0 or skew.seconds != offset:
                return False
            skew.seconds, skew.lie = 0.0, found
            skew.distrusted = self.clock.monotonic() + _DISTRUST
            return not skew.sure
        if abs(found) > _SKEW_MOST or self._is_lie(found):
            return False
        skew.seconds, skew.sure = found, code is not None
        return True

    def _is_lie(self, found: float) -> bool:
        skew = self.skew
        return abs(found - skew.lie) < _SKEW_WORTH and self.clock.monotonic() < skew.distrusted
