"""The settings of django-allauth: how people sign up and in. See decision 0055.

Codes are mailed, and no links: a code that a phone shows can be typed in on any other machine, stands in no
log and in no history of a browser, and is of no use to who reads the mail without that browser.
"""

from __future__ import annotations

from typing import Any

FORMS = "deltacrown.accounts.entrance.forms"
FACTOR = "deltacrown.accounts.entrance.second_factor"

#: Form of django-allauth → the class that this site has in its place.
ACCOUNT_FORMS = {
    "signup": "SignUpForm",
    "confirm_email_verification_code": "ConfirmAddressForm",
    "confirm_password_reset_code": "ConfirmResetForm",
    "reset_password": "ResetForm",
    "reset_password_from_key": "NewPasswordForm",
    "change_password": "ChangePasswordForm",
    "set_password": "SetPasswordForm",
    "add_email": "NewAddressForm",
    "reauthenticate": "AskAgainForm",
}
FACTOR_FORMS = {
    "authenticate": "CodeForm",
    "reauthenticate": "CodeAgainForm",
    "activate_totp": "ActivateForm",
}


def configure_entrance(*, sign_ups: str, mails: str, is_tls: bool) -> dict[str, Any]:
    """Return the settings.

    :param sign_ups: how many accounts may be made per seconds from one address, as ``100/3600``.
    :param mails: how many mails a mailbox gets per seconds.
    :param is_tls: whether addresses in mails begin with ``https``.
    """
    return {
        "ACCOUNT_ADAPTER": "deltacrown.accounts.entrance.adapter.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*"],
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
        "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT": 30 * 60,
        "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS": 5,
        # Not "change": its link would be there only where the address has no account yet.
        "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND": True,
        "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED": True,
        "ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT": 15 * 60,
        "ACCOUNT_LOGIN_TIMEOUT": 30 * 60,
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_REAUTHENTICATION_METHODS": ["password", "mfa"],
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https" if is_tls else "http",
        "ACCOUNT_FORMS": {form: f"{FORMS}.{name}" for form, name in ACCOUNT_FORMS.items()},
        "ACCOUNT_RATE_LIMITS": {
            "signup": _rate(sign_ups, "ip"),
            "confirm_email": _rate(mails, "key"),
            "reset_password": f"{_rate(sign_ups, 'ip')},{_rate(mails, 'key')}",
            "reset_password_from_key": _rate(sign_ups, "ip"),
            # Passwords and codes of a second factor are counted by SIGN_IN_RATE_PER_ACCOUNT and ..._ADDRESS.
            "login": None,
            "login_failed": None,
            "reauthenticate": None,
        },
        "MFA_ADAPTER": f"{FACTOR}.SecondFactorAdapter",
        "MFA_FORMS": {form: f"{FACTOR}.{name}" for form, name in FACTOR_FORMS.items()},
        "MFA_TOTP_ISSUER": "DeltaCrown",
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_RECOVERY_CODES_SHOW_ONCE": True,
        "USERSESSIONS_TRACK_ACTIVITY": False,
        "SOCIALACCOUNT_ADAPTER": "deltacrown.accounts.entrance.asking.SocialAdapter",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
    }


def _rate(written: str, per: str) -> str:
    """Return a rate as django-allauth writes it."""
    limit, _, seconds = written.partition("/")
    return f"{limit}/{seconds}s/{per}"
