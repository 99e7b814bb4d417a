"""Teams, their people and what shows that they may take part."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.models.editions import Division, Edition
from dataferry.server.challenge.states import CheckState, InvitationState

PERSON = settings.AUTH_USER_MODEL


class Team(models.Model):
    """People who enter together, in one division. After shortlisting its members are frozen."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="teams")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="teams")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    name_folded = models.CharField(max_length=400)
    kind = models.CharField(max_length=20, choices=[("individual", "individual"), ("corporate", "corporate")])
    organisation = models.ForeignKey(
        "people.Organisation", null=True, blank=True, on_delete=models.SET_NULL, related_name="challenge_teams"
    )
    registered_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "number"], name="one_team_per_number"),
            models.UniqueConstraint(
                fields=["edition", "name_folded"], condition=models.Q(withdrawn_at=None), name="one_team_per_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id}/{self.number}"

    @property
    def city(self) -> str:
        return self.division.city


class TeamMember(models.Model):
    """A person in a team. `exclusive` copies the edition's rule that a person is in one team at most."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="challenge_teams")
    is_leader = models.BooleanField(default=False)
    exclusive = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    left_because = models.CharField(
        max_length=20,
        blank=True,
        default="",
        choices=[("left", "left"), ("removed", "removed"), ("account_ended", "account_ended")],
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["team", "-is_leader", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["edition", "user"],
                condition=models.Q(left_at=None, exclusive=True),
                name="one_team_per_person_where_the_edition_says_so",
            ),
            models.UniqueConstraint(fields=["team", "user"], condition=models.Q(left_at=None), name="once_in_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id}/{self.user_id}"


class TeamInvitation(models.Model):
    """An e-mail address that was asked to join. Whoever shows that it is theirs may accept."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    state = models.CharField(max_length=20, choices=InvitationState, default=InvitationState.SENT)
    invited_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-sent_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=models.Q(state=InvitationState.SENT),
                name="one_open_team_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class EligibilityCheck(models.Model):
    """One rule of the edition, asked of a team (`member` empty) or of one of its members.

    `reason` is what an organiser wrote; `reason_code` the message of a decision that followed from the answer itself.
    A check of somebody who left, or of a company that is no longer the team's, is dropped and no longer asked.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="checks")
    member = models.ForeignKey(TeamMember, null=True, blank=True, on_delete=models.CASCADE, related_name="checks")
    rule = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=[("declared", "declared"), ("documented", "documented")])
    answer = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=CheckState, default=CheckState.OPEN)
    reason = models.TextField(blank=True, default="")
    reason_code = models.CharField(max_length=60, blank=True, default="")
    answered_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["team", "rule", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "member", "rule"],
                condition=models.Q(dropped_at=None),
                name="one_check_per_member_and_rule",
            ),
            models.UniqueConstraint(
                fields=["team", "rule"],
                condition=models.Q(member=None, dropped_at=None),
                name="one_check_per_team_and_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.rule}"

    @property
    def city(self) -> str:
        return self.team.city


class CheckStep(models.Model):
    """What was said about a check, in its order: the organisers' question or reason, the team's reply."""

    check_asked = models.ForeignKey(EligibilityCheck, on_delete=models.CASCADE, related_name="steps")
    by_team = models.BooleanField()
    made_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=CheckState)
    words = models.TextField(blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.check_asked_id} {self.state}"


class IdentityPaper(models.Model):
    """A paper that shows who somebody is, encrypted, in a store of its own, with the day of its destruction.

    `place` is the file's name in that store, `wrapped_key` the paper's own key under the house key `key_id`; `digest`
    is the sha256 of the encrypted bytes. After destruction the row stays as the receipt, without place and key.
    """

    check_asked = models.ForeignKey(EligibilityCheck, null=True, on_delete=models.SET_NULL, related_name="papers")
    place = models.CharField(max_length=80, blank=True)
    wrapped_key = models.BinaryField(default=b"")
    key_id = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=80)
    bytes = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    destroy_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyed_because = models.CharField(max_length=40, blank=True)
    damaged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["destroy_at", "pk"]

    def __str__(self) -> str:
        return f"paper {self.pk}"
