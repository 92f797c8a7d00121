#ifndef GV_URI_H
#define GV_URI_H
/*
 * Names of the web by RFC 3986 and 3987, as texts: whether they are some, and
 * what a relative one means. Nothing is looked up.
 *
 *	gv_uri_resolve(&out, "https://x.example/a/b.json", "c.json#/d", 9);
 *	=> https://x.example/a/c.json#/d
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* What part of a URI there is; a part that is missing is NULL, and the path is
 * always there. */
struct gv_uri {
	const char *scheme, *authority, *path, *query, *fragment;
	size_t scheme_len, authority_len, path_len, query_len, fragment_len;
};

/* Split it; the parts are in `p`. Any text can be split. */
void gv_uri_split(struct gv_uri *out, const char *p, size_t len);

/* Append what `ref` is, read at `base` ("" if that is not known): section 5.2,
 * with a base of any kind. An empty fragment is left out. */
void gv_uri_resolve(
    struct gv_buf *out, const char *base, const char *ref, size_t len);

/* Whether it is a URI or, with `relative`, a reference to one; with `iri` its
 * letters may be of any script. */
bool gv_uri_is_valid(const char *p, size_t len, bool relative, bool iri);

/* Append the text with its %XX decoded. false if one is incomplete. */
bool gv_uri_decode(struct gv_buf *out, const char *p, size_t len);

/* What formats ask of parts: IPv4 and IPv6 addresses. */
bool gv_uri_is_v4(const char *p, size_t len);
bool gv_uri_is_v6(const char *p, size_t len);

#endif
