"""A listing in the order of keys can leap: what is not asked for is stepped over, not listed and thrown away.

Accounts and regions are found with delimited listings, several at once; under a region the days are one range of keys,
read from the first day asked for to the last. Ten years of an organisation's trail cost no more requests than the days
that are wanted.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from stanch.aws.bucket import Bucket, Fetched, Listed, Page
from stanch.aws.refusals import unread
from stanch.contracts.aws import AwsError
from stanch.stores.delivery import Standing, leap, standing
from stanch.stores.s3 import Place, Prefix, S3File, Unlisted
from stanch.stores.told import Told

AHEAD = 8
"""Listings on their way at once."""
_DEPTH = 6
"""Folders below the prefix in which a delivery is looked for; deeper ones are listed as they come."""
_BROAD = 200
"""Folders of no known layout that are looked into one by one; the rest of them is listed as it comes."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One listing: its prefix, where in it to begin, and whether it stops at slashes."""

    prefix: str
    after: str
    delimiter: str


_Entry = Listed | _Asked | Unlisted


class S3Walk:
    """The objects under one prefix that may hold what is asked for, in the order of their keys.

    `told` takes what was left out and what is in no known layout; `fetched` is what the listing costs.
    """

    def __init__(self, where: Prefix, told: Told) -> None:
        self._place: Place = where.place
        self._top = where.prefix
        self._window = told.window
        self._told = told
        self._bucket: Bucket | None = None
        self._broad = 0

    @property
    def fetched(self) -> Fetched:
        """Requests of the listing so far."""
        return self._bucket.fetched if self._bucket else Fetched()

    def __iter__(self) -> Iterator[S3File | Unlisted]:
        """Walk lazily; what cannot be listed is an entry that cannot be opened."""
        try:
            self._bucket = self._place.bucket()
        except AwsError as error:
            yield Unlisted(self._place.url(self._top), unread(error, self._place.url()))
            return
        pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="listing")
        try:
            yield from self._walk(self._bucket, pool, self._asked(self._top, 0), 0)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _walk(
        self, bucket: Bucket, pool: ThreadPoolExecutor, asked: _Asked, depth: int, first: Future[Page] | None = None
    ) -> Iterator[S3File | Unlisted]:
        """What lies under one prefix, with the first pages of the next folders already on their way."""
        waiting: deque[tuple[_Entry, Future[Page] | None]] = deque()
        coming = self._entries(bucket, asked, depth + 1, first)
        for entry in coming:
            waiting.append((entry, pool.submit(_page, bucket, entry) if isinstance(entry, _Asked) else None))
            if len(waiting) >= AHEAD:
                yield from self._one(bucket, pool, depth, *waiting.popleft())
        while waiting:
            yield from self._one(bucket, pool, depth, *waiting.popleft())

    def _one(
        self, bucket: Bucket, pool: ThreadPoolExecutor, depth: int, entry: _Entry, first: Future[Page] | None
    ) -> Iterator[S3File | Unlisted]:
        if isinstance(entry, _Asked):
            yield from self._walk(bucket, pool, entry, depth + 1, first)
        elif isinstance(entry, Listed):
            yield S3File(self._place, entry)
        else:
            yield entry

    def _entries(self, bucket: Bucket, asked: _Asked, depth: int, first: Future[Page] | None) -> Iterator[_Entry]:
        """Objects and folders of one prefix, without those that are left out."""
        try:
            for page in self._pages(bucket, asked, first):
                for key, listed in self._wanted(page):
                    if listed:
                        yield listed
                        continue
                    below = self._asked(key, depth)
                    if self._broad > _BROAD and standing(key) is Standing.UNKNOWN:
                        yield _Asked(asked.prefix, key, "")  # from here on as it comes
                        return
                    yield below
        except AwsError as error:
            yield Unlisted(self._place.url(asked.prefix), unread(error, self._place.url()))

    def _asked(self, prefix: str, depth: int) -> _Asked:
        """How to list a prefix: by its folders while a delivery may begin below, else in one go."""
        outside = leap(prefix, self._window)
        after = outside.to if outside and outside.to.startswith(prefix) else ""
        return _Asked(prefix, after, "/" if self._divides(prefix, depth) else "")

    def _divides(self, prefix: str, depth: int) -> bool:
        if not self._window.bounded:
            return False
        where = standing(prefix)
        if where is Standing.UNKNOWN:
            self._broad += 1
            return depth < _DEPTH
        return where is Standing.ABOVE

    def _pages(self, bucket: Bucket, asked: _Asked, first: Future[Page] | None) -> Iterator[Page]:
        """Page after page, leaping over keys that are not wanted; ends where nothing of the prefix can be wanted."""
        page = first.result() if first else _page(bucket, asked)
        yield page
        while page.token is not None:
            last = _last(page)
            outside = leap(last, self._window)
            # A leap into the folder that ended the page would list that folder once more.
            if outside is None or outside.to <= last or outside.to.startswith(last):
                page = bucket.page(asked.prefix, delimiter=asked.delimiter, token=page.token)
            elif outside.to.startswith(asked.prefix):
                page = bucket.page(asked.prefix, delimiter=asked.delimiter, after=outside.to)
            else:
                return
            yield page

    def _wanted(self, page: Page) -> Iterator[tuple[str, Listed | None]]:
        """One page merged in the order of keys; a folder has no object."""
        objects = {listed.key: listed for listed in page.objects}
        for key in sorted([*objects, *page.folders]):
            listed, outside = objects.get(key), leap(key, self._window)
            if outside and (listed or not outside.to.startswith(key)):
                self._told.left_out(outside.why, self._place.url(key))
            elif listed is None or listed.size or not key.endswith("/"):  # a console makes marks for empty folders
                if listed:
                    self._told.took(key)
                yield key, listed


def _page(bucket: Bucket, asked: _Asked) -> Page:
    return bucket.page(asked.prefix, delimiter=asked.delimiter, after=asked.after)


def _last(page: Page) -> str:
    return max((*page.folders[-1:], *(listed.key for listed in page.objects[-1:])), default="")
