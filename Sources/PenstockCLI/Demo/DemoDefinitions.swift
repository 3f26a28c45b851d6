import Value

/// The API definitions that the demo applies.
enum DemoDefinitions {
    /// The CRM behind the tunnel; its key is named by file.
    static func crm(_ plan: DemoPlan, tunnel: String) -> JSON {
        definition(
            "My Company CRM", "my_company_crm", "\(plan.crmOrigin)/api/v1", tunnel: tunnel,
            endpoints: [getCustomer, searchCustomers])
    }

    /// The same, dialled by the relay itself.
    static func crmWithoutTunnel(_ plan: DemoPlan) -> JSON {
        definition(
            "My Company CRM, direct", "my_company_crm_direct", "\(plan.crmOrigin)/api/v1", tunnel: nil,
            endpoints: [getCustomer])
    }

    /// Another host behind the same tunnel, which the connector's policy does not list.
    static func payroll(_ plan: DemoPlan, tunnel: String) -> JSON {
        definition(
            "My Company Payroll", "my_company_payroll", "\(plan.payrollOrigin)/api/v1", tunnel: tunnel,
            endpoints: [
                [
                    "name": "list_salaries", "description": "Everybody's salary", "method": "GET", "path": "/salaries",
                ]
            ])
    }

    private static func definition(
        _ name: String, _ slug: String, _ baseURL: String, tunnel: String?, endpoints: JSON
    ) -> JSON {
        var api = JSONObject([
            ("name", .string(name)), ("slug", .string(slug)),
            ("connection", ["base_url": .string(baseURL), "timeout_ms": 10_000]),
            (
                "authentication",
                ["type": "api_key", "config": ["header_name": "X-API-Key", "key": ["from_file": "crm-key"]]]
            ),
            ("endpoints", endpoints),
            ("security", ["validation": "off"]),
        ])
        if let tunnel {
            api["tunnel"] = ["enabled": true, "type": "platform_agent", "tunnel_id": .string(tunnel)]
        }
        return ["custom_api": .object(api)]
    }

    private static let getCustomer: JSON = [
        "name": "get_customer", "description": "Retrieve customer by ID", "method": "GET",
        "path": "/customers/{customer_id}",
        "parameters": [
            [
                "name": "customer_id", "in": "path", "type": "string", "required": true,
                "description": "Unique customer identifier",
            ]
        ],
    ]

    private static let searchCustomers: JSON = [
        "name": "search_customers", "description": "Search customers by query", "method": "POST",
        "path": "/customers/search",
        "request_body": [
            "type": "object",
            "properties": ["query": ["type": "string"], "limit": ["type": "integer", "default": 10]],
            "required": ["query"],
        ],
    ]
}
