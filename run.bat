@echo off
rem Start Kotodama; the first start sets it up.
setlocal
set "PYTHON=%~dp0.venv\Scripts\python.exe"
if exist "%PYTHON%" (
    "%PYTHON%" "%~dp0main.py" %*
    exit /b
)
for %%P in (py.exe python.exe) do (
    %%P -c "" >nul 2>nul && (
        %%P "%~dp0main.py" %*
        exit /b
    )
)
echo kotodama: no Python was found; install Python 3.12 (64-bit) from https://www.python.org/downloads/, then start again. 1>&2
exit /b 1
