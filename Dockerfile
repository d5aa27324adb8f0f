# Serves every environment on port 7860, as a Hugging Face Space expects it. Versions are those of constraints.txt.
FROM python:3.11-slim
RUN useradd --create-home --uid 1000 triage
WORKDIR /home/triage/app
COPY --chown=triage pyproject.toml constraints.txt README.md LICENSE ./
COPY --chown=triage src ./src
RUN pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[openenv]'
USER triage
ENV PYTHONUNBUFFERED=1 HF_HUB_DISABLE_TELEMETRY=1 GRADIO_ANALYTICS_ENABLED=False
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/health', timeout=4)"]
CMD ["triagelab", "serve", "--host", "0.0.0.0", "--port", "7860"]
