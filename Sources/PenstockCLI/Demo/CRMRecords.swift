import Value

/// What the sample CRM knows.
enum CRMRecords {
    static func customer(_ id: String) -> JSON? {
        all.first { $0["id"]?.string == id }
    }

    /// Customers of whom any text holds every word of `query`.
    static func search(_ query: String, limit: Int) -> [JSON] {
        let words = query.lowercased().split(separator: " ")
        let found = all.filter { customer in
            let texts = (customer.object ?? JSONObject()).compactMap { $0.value.string?.lowercased() }
            return words.allSatisfy { word in texts.contains { $0.contains(word) } }
        }
        return Array(found.prefix(max(0, min(limit, 100))))
    }

    private static let all: [JSON] = [
        customer(
            "cust_12345", "John Smith", "john.smith@northwind-robotics.example", "Northwind Robotics", "2021-03-14"),
        customer("cust_12346", "Amara Okafor", "amara@lagoslogistics.example", "Lagos Logistics", "2022-07-01"),
        customer("cust_12347", "Mei-Ling Chen", "mlchen@harbourfoods.example", "Harbour Foods", "2020-11-23"),
        customer("cust_12348", "Søren Ångström", "soren@nordlys-energi.example", "Nordlys Energi", "2023-02-08"),
        customer("cust_12349", "Johanna Smith-Ruiz", "johanna@vidriera.example", "Vidriera del Sur", "2024-05-19"),
    ]

    private static func customer(
        _ id: String, _ name: String, _ email: String, _ company: String, _ since: String
    ) -> JSON {
        [
            "id": .string(id), "name": .string(name), "email": .string(email), "company": .string(company),
            "customer_since": .string(since),
        ]
    }
}
