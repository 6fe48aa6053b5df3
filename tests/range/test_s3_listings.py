"""What S3 lists: buckets with their regions, page by page, and access points where their buckets lie."""

from tests.ground import Ground


def test_a_listing_that_is_asked_with_a_parameter_tells_regions_page_by_page(ground: Ground) -> None:
    stem = ground.name("listed")
    made = {f"{stem}-{region}": region for region in ("eu-central-1", "eu-west-1")}
    for name, region in made.items():
        place = {"LocationConstraint": region}
        ground.outsider.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place, region=region)
    pages = ground.outsider.pages("s3", "ListBuckets", "Buckets", Prefix=stem, MaxBuckets=1)
    assert {one["Name"]: one["BucketRegion"] for one in pages} == made
    before = ground.outsider.calls["s3:ListBuckets"]
    assert len(ground.outsider.pages("s3", "ListBuckets", "Buckets", Prefix=stem, MaxBuckets=2)) == 2
    assert ground.outsider.calls["s3:ListBuckets"] == before + 1


def test_a_listing_without_parameters_tells_no_regions(ground: Ground) -> None:
    assert all("BucketRegion" not in one for one in ground.outsider.call("s3", "ListBuckets")["Buckets"])


def test_an_access_point_is_listed_in_its_buckets_region_alone(ground: Ground) -> None:
    owner, name, account = ground.outsider, ground.name("pointed"), ground.outside_account
    place = {"LocationConstraint": "eu-west-1"}
    owner.call("s3", "CreateBucket", Bucket=name, CreateBucketConfiguration=place, region="eu-west-1")
    owner.call("s3control", "CreateAccessPoint", AccountId=account, Name=name, Bucket=name, region="eu-west-1")

    def listed(region: str) -> set[str]:
        points = owner.call("s3control", "ListAccessPoints", AccountId=account, region=region)["AccessPointList"]
        return {point["Name"] for point in points}

    assert name in listed("eu-west-1")
    assert name not in listed("eu-central-1")


def test_nobody_has_an_instance_of_access_grants(ground: Ground) -> None:
    answer = ground.outsider.call("s3control", "ListAccessGrantsInstances", AccountId=ground.outside_account)
    assert answer == {"AccessGrantsInstancesList": []}
