"""The contract checker: `check_env(environment).raise_on_failure()` in a test, `triagelab validate` in a shell."""

from triagelab.envs.check.checker import CHECKS, check_env
from triagelab.envs.check.policy import CheckPolicy, read_policy
from triagelab.envs.check.report import CheckResult, ContractError, Report

__all__ = ["CHECKS", "CheckPolicy", "CheckResult", "ContractError", "Report", "check_env", "read_policy"]
