"""Who looks at the rules after a crash."""

from alerts.conftest import EVERY_S, Stage

from lynex_server.alerts.lease import Lease


def lease(stage: Stage, name: str = "") -> Lease:
    return Lease(stage.database, stage.clock, EVERY_S, name)


def test_others_wait_for_who_crashed_and_the_one_of_its_name_does_not(stage: Stage):
    assert lease(stage, "local").take()
    stage.pass_time()

    assert not lease(stage).take()
    assert lease(stage, "local").take()


def test_after_a_while_others_take_over(stage: Stage):
    assert lease(stage, "local").take()
    stage.pass_time(121)

    assert lease(stage).take()
