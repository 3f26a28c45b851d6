/// Reads OpenAPI documents, 2.0, 3.0 and 3.1, into drafts.
package enum OpenAPI {}
