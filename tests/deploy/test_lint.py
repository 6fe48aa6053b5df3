"""An emulator forgives what AWS refuses: cfn-lint, with AWS's own schemas of each region, judges the templates.

It is slow to start, so each test asks it once.
"""

from dataclasses import replace
from itertools import product

import pytest

from stanch.app import deploy
from stanch.deploy.render import Rendered
from stanch.domain.estate import Estate


@pytest.mark.parametrize(("partition", "region"), [("aws", "eu-central-1"), ("aws-eusc", "eusc-de-east-1")])
def test_the_templates_are_without_error_and_without_warning(ours: Estate, partition: str, region: str) -> None:
    estate = replace(ours, perimeter=replace(ours.perimeter, partitions=(partition,), regions=(region,)))
    checked = deploy.checked(deploy.rendered(estate, "prod").files, [region])
    assert checked == deploy.Checked((), (), ())


def test_where_cloudformation_has_no_custom_action_it_is_left_out_and_told(ours: Estate) -> None:
    estate = replace(ours, perimeter=replace(ours.perimeter, partitions=("aws-us-gov",), regions=("us-gov-west-1",)))
    made = deploy.rendered(estate, "prod")
    assert deploy.checked(made.files, ["us-gov-west-1"]).faults == ()
    assert "create-action-target" in made.left_out[-1]


BREAKS = {
    "a state of no type": ("Type: Succeed", "Type: Success"),
    "a retry without an error": ("ErrorEquals:", "ErrorsEqual:"),
    "a property that does not exist": ("BillingMode: PAY_PER_REQUEST", "BillingMod: PAY_PER_REQUEST"),
    "a reference to nothing": ("!GetAtt DeadLetters.Arn, maxReceiveCount", "!GetAtt NoLetters.Arn, maxReceiveCount"),
}


def test_the_linter_finds_what_was_broken(rendered: Rendered) -> None:
    text = rendered.files["responder.yaml"]
    missed = []
    for what, (whole, broken) in BREAKS.items():
        assert whole in text, what
        spoilt = text.replace(whole, broken, 1)
        if not deploy.checked({"responder.yaml": spoilt}, ["eu-central-1"]).faults:
            missed.append(what)
    assert missed == []


def test_each_combination_of_stages_and_templates_has_its_parameters(ours: Estate, rendered: Rendered) -> None:
    for stage, name in product(deploy.stages(), ("foundation", "responder", "member-role")):
        made = deploy.rendered(ours, stage)
        assert f"{name}.{stage}.json" in made.files
        assert deploy.asked(made.files, stage) == {
            "foundation": [],
            "responder": ["CodeBucket", "LayerArns"],
            "member-role": [],
        }
