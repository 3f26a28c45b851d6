/// Looks for what describes an API, and infers a draft from what it answers. Experimental.
package enum Discovery {}
