"""VPC flow logs, summed: who of ours sent how much, to whom, in which hour; no row is looked at by itself."""

from stanch.engine.flows.form import Form, FormError
from stanch.engine.flows.reading import Read
from stanch.engine.flows.sides import Sides
from stanch.engine.flows.table import FlowTable, aggregate

__all__ = ["FlowTable", "Form", "FormError", "Read", "Sides", "aggregate"]
