"""The OpenAPI document says what the edge does."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.core import api_views

pytestmark = [pytest.mark.urls("tests.core.api_views"), pytest.mark.django_db]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    patterns = [route for route in api_views.urlpatterns if str(route.pattern).startswith("api/")]
    return SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)


@pytest.fixture
def operations(document) -> dict[str, Any]:
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


class TestApiSchema:
    def test_the_document_is_valid_openapi_3_1(self, document):
        validate_schema(document)

        assert document["openapi"].startswith("3.1")

    def test_every_operation_names_400_and_429(self, operations):
        assert all({"400", "429"} <= operation["responses"].keys() for operation in operations.values())

    def test_every_problem_is_a_shared_one(self, operations):
        refs = {
            response.get("$ref")
            for operation in operations.values()
            for status, response in operation["responses"].items()
            if status >= "400"
        }

        assert all(ref.startswith("#/components/responses/") for ref in refs)

    def test_every_answer_carries_the_request_id_and_the_limits(self, operations):
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status < "400":
                    assert {"X-Request-Id", "RateLimit", "RateLimit-Policy"} <= response["headers"].keys()

    def test_an_operation_that_must_not_happen_twice_wants_its_key_and_names_422(self, operations):
        operation = operations["post /api/bodyless/"]

        assert {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
        assert "422" in operation["responses"]
        assert "Idempotent-Replay" in operation["responses"]["200"]["headers"]

    def test_an_operation_in_a_workspace_takes_the_header_and_names_404(self, operations):
        operation = operations["get /api/things/{thing_id}/"]

        assert {"$ref": "#/components/parameters/Workspace"} in operation["parameters"]
        assert {"401", "403", "404"} <= operation["responses"].keys()

    def test_an_id_in_an_address_has_its_pattern(self, operations):
        parameter = operations["get /api/things/{thing_id}/"]["parameters"][0]

        assert parameter["schema"]["pattern"].startswith("^(?:thg_") or parameter["schema"]["pattern"].startswith(
            "^thg_"
        )

    def test_an_operation_for_everyone_names_no_401(self, operations):
        assert "401" not in operations["post /api/echo/"]["responses"]

    def test_a_strict_body_allows_no_further_members(self, document):
        assert document["components"]["schemas"]["EverythingRequest"]["additionalProperties"] is False

    def test_fields_say_their_bounds(self, document):
        fields = document["components"]["schemas"]["EverythingRequest"]["properties"]

        assert (fields["amount_credits"]["minimum"], fields["amount_credits"]["maximum"]) == (1, 10**12)
        assert fields["hold_id"]["pattern"].startswith("^hld_")
        assert fields["purpose"]["maxLength"] == 20
        assert "u0000" in fields["legacy"]["pattern"]

    def test_a_list_says_its_shape_and_its_paging(self, operations, document):
        operation = operations["get /api/groups/"]
        shape = document["components"]["schemas"]["PaginatedGroupOutList"]

        assert {parameter["name"] for parameter in operation["parameters"]} == {"cursor", "page_size"}
        assert shape["required"] == ["results", "next", "previous"]


@pytest.mark.urls("config.urls")
class TestSchemaView:
    def test_it_answers_in_json_and_without_credentials(self):
        answer = Client().get("/api/schema/")

        assert json.loads(answer.content)["info"]["title"] == "Ballast API"

    @pytest.mark.parametrize(
        ("query", "accept"), [("?format=yaml", "*/*"), ("", "application/yaml"), ("", "application/vnd.oai.openapi")]
    )
    def test_it_answers_in_yaml_where_asked(self, query, accept):
        answer = Client().get(f"/api/schema/{query}", headers={"Accept": accept})

        assert answer["Content-Type"] == "application/yaml"
        assert yaml.safe_load(answer.content)["openapi"].startswith("3.1")

    def test_it_names_the_three_ways_to_authenticate(self):
        schemes = Client().get("/api/schema/").json()["components"]["securitySchemes"]

        assert schemes.keys() == {"ApiKey", "SessionToken", "SessionCookie"}

    def test_the_whole_product_is_valid_openapi_without_a_warning(self, capsys):
        document = SchemaGenerator().get_schema(request=None, public=True)

        validate_schema(document)
        assert "Warning" not in capsys.readouterr().err

    def test_a_write_is_a_405_problem(self):
        answer = Client().post("/api/schema/")

        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD"


@pytest.mark.urls("config.urls")
class TestDocsView:
    @pytest.mark.parametrize("page", ["/api/docs/", "/api/docs/sign-up/"])
    def test_it_names_nothing_outside_our_own_origin(self, page):
        text = Client().get(page).content.decode()

        assert "http://" not in text
        assert "https://" not in text

    def test_the_site_wide_policy_holds_as_it_is(self):
        policy = Client().get("/api/docs/")["Content-Security-Policy"]

        assert "unsafe" not in policy
