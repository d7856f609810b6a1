ARG BASE
FROM ${BASE}
COPY ca/ /build/ca/
COPY plain_image.sh /build/
ARG REGISTRY
ARG VERSION
RUN sh /build/plain_image.sh "$REGISTRY" "$VERSION"
ENV HOME=/home/agent NODE_EXTRA_CA_CERTS=/etc/ssl/all.crt
WORKDIR /workspace
CMD ["claude"]
