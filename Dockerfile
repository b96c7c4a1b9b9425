# s3gw in a pod or on a laptop: docker build -t s3gw . && docker run -p 30600:30600 s3gw
FROM python:3.13-slim

WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY s3gw ./s3gw
RUN pip install --no-cache-dir . && rm -rf /src/*

RUN useradd --uid 10001 --create-home s3gw && install -d -o 10001 -g 10001 /data
USER 10001:10001
WORKDIR /data
VOLUME /data

ENV S3GW_PFS=embedded:/data/pfs \
    S3GW_LISTEN=0.0.0.0:30600 \
    S3GW_ADMIN_LISTEN=0.0.0.0:30601 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 30600 30601
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:30601/healthz', timeout=3)"]
ENTRYPOINT ["s3gw"]
CMD ["serve"]
