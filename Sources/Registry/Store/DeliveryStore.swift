/// The log of webhooks' deliveries. All methods block on the disk: call them away from event loops.
package protocol DeliveryStore: Sendable {
    /// Notes a delivery to be made. Throws `exists` for an id used before, `notFound` for an unknown user.
    func create(_ delivery: Delivery) throws(StoreError)
    /// Writes state, attempts, next attempt and last status. Throws `notFound`.
    func update(_ delivery: Delivery) throws(StoreError)
    /// A user's deliveries, newest first, after a cursor (the id of the last one seen).
    func deliveries(user: String, limit: Int, after cursor: String?) throws(StoreError) -> [Delivery]
    /// Pending deliveries whose next attempt is due, the longest due first.
    func dueDeliveries(at time: Int64, limit: Int) throws(StoreError) -> [Delivery]
    /// Removes deliveries that happened before `time` and are not pending, at most `limit`; returns how many.
    func removeDeliveries(before time: Int64, limit: Int) throws(StoreError) -> Int
}
