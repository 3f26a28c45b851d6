"""The peer of bench.sh's part tools_peer: FastMCP's server for an OpenAPI document with the one operation measured.

It serves as the relay does: over TLS, to callers with a token.

usage: fastmcp_server.py PORT ORIGIN CA_FILE CERTIFICATE KEY TOKEN_FILE
"""

import importlib
import inspect
import ssl
import sys

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "bench", "version": "1"},
    "paths": {
        "/customers/{customer_id}": {
            "get": {
                "operationId": "get_customer",
                "parameters": [
                    {"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"description": "The customer."}},
            }
        }
    },
}


def http_client(origin: str, ca_file: str):
    """An asynchronous client of the library that this version of FastMCP asks for: httpx, or its successor."""
    wanted = str(inspect.signature(FastMCP.from_openapi).parameters["client"].annotation)
    httpx = importlib.import_module("httpx2" if "httpx2" in wanted else "httpx")
    return httpx.AsyncClient(
        base_url=f"{origin}/api/v1",
        headers={"X-API-Key": "bench-key-0123456789abcdef"},
        verify=ssl.create_default_context(cafile=ca_file),
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
    )


def main() -> None:
    port, origin, ca_file, certificate, key, token_file = sys.argv[1:]
    with open(token_file, encoding="utf-8") as file:
        tokens = {file.read().strip(): {"client_id": "bench", "scopes": []}}
    server = FastMCP.from_openapi(
        DOCUMENT, client=http_client(origin, ca_file), name="bench", auth=StaticTokenVerifier(tokens=tokens)
    )
    # One session for all calls and plain JSON answers: of what FastMCP offers, the least work for each call.
    server.run(
        transport="http",
        host="127.0.0.1",
        port=int(port),
        show_banner=False,
        log_level="error",
        json_response=True,
        uvicorn_config={"access_log": False, "ssl_certfile": certificate, "ssl_keyfile": key},
    )


if __name__ == "__main__":
    main()
