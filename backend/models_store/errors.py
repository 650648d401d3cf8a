"""What can go wrong with a model, each as an error with a code of its own.

A message names the file or the server, what is wrong, and what to do about it.
"""

from __future__ import annotations

from config import KotodamaError


class StoreError(KotodamaError):
    """Something about the models folder or its catalogue is wrong."""

    code = "model_store"
    status = 422


class CatalogueError(StoreError):
    """A catalogue is not one; the old one stays."""

    code = "catalogue"


class UnknownModelError(StoreError):
    """No model goes by this name."""

    code = "unknown_model"
    status = 404


class OutsideError(StoreError):
    """A path leads out of the models folder."""

    code = "outside_models"


class ByHandError(StoreError):
    """This model is not fetched by the program; the message says how to get it."""

    code = "by_hand"


class DamagedError(StoreError):
    """A file is there, and it is not what it should be."""

    code = "damaged"


class VoiceFileError(DamagedError):
    """A voice's files cannot be used."""

    code = "voice_file"


class LicenceError(StoreError):
    """The model's licence has to be accepted first."""

    code = "licence"
    status = 409


class NoSampleError(StoreError):
    """There is nothing to listen to."""

    code = "no_sample"
    status = 404


class BusyModelError(StoreError):
    """The model is being downloaded or checked."""

    code = "model_busy"
    status = 409
    retryable = True


class DownloadError(KotodamaError):
    """A download did not end well. What had come stays, unless it was wrong."""

    code = "download"
    status = 502


class NoNetworkError(DownloadError):
    """The server cannot be reached."""

    code = "no_network"
    retryable = True


class OllamaAwayError(NoNetworkError):
    """Ollama does not run, or not where it is looked for."""

    code = "ollama_away"
    status = 503


class NoSuchHostError(NoNetworkError):
    """The server's name cannot be looked up."""

    code = "no_such_host"


class CertificateError(DownloadError):
    """The server cannot prove who it is."""

    code = "certificate"


class RedirectError(DownloadError):
    """The server points to where a download must not go."""

    code = "redirect"


class GoneError(DownloadError):
    """The file is not there any more."""

    code = "gone"


class RefusedError(DownloadError):
    """The server does not give the file to us."""

    code = "refused"


class ServerFailedError(DownloadError):
    """The server has a problem of its own."""

    code = "server_failed"
    retryable = True


class CaptivePortalError(DownloadError):
    """A web page came in place of the file."""

    code = "captive_portal"


class CutError(DownloadError):
    """The connection ended before the file did."""

    code = "cut"
    retryable = True


class TooSlowError(DownloadError):
    """Next to nothing comes."""

    code = "too_slow"
    retryable = True


class WrongRangeError(DownloadError):
    """The server continues at another place than was asked for."""

    code = "wrong_range"
    retryable = True


class WrongSizeError(DownloadError):
    """The file is larger or smaller than the catalogue says."""

    code = "wrong_size"


class WrongHashError(DownloadError):
    """The file came whole and has another content than the catalogue says."""

    code = "wrong_hash"


class DiskFullError(DownloadError):
    """There is no room for the file."""

    code = "disk_full"
    status = 507


class DiskError(DownloadError):
    """The disk refuses the file."""

    code = "disk"
    status = 507
