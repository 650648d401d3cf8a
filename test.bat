@echo off
rem Check and test Kotodama; arguments go to pytest.
setlocal
set "PYTHON=%~dp0.venv\Scripts\python.exe"
if exist "%PYTHON%" (
    "%PYTHON%" "%~dp0script\run_tests.py" %*
    exit /b
)
for %%P in (py.exe python.exe) do (
    %%P -c "" >nul 2>nul && (
        %%P "%~dp0script\run_tests.py" %*
        exit /b
    )
)
echo kotodama: no Python was found; install Python 3.12 (64-bit) from https://www.python.org/downloads/, then start again. 1>&2
exit /b 1
