/// Reads recorded and handwritten calls (Postman collections, HAR files, curl commands) into drafts.
package enum Captures {}
