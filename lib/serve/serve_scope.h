#ifndef GV_SERVE_SCOPE_H
#define GV_SERVE_SCOPE_H
/*
 * Which environments a client may hear of: those in which its credentials let
 * it do something. What is about others is taken out of what it gets. No file
 * here knows the HTTP library.
 *
 *	if (gv_serve_scope_has(scope, env)) …
 *	gv_serve_scope_cut(&metrics, scope);
 */

#include <stdbool.h>

struct gv_buf;

/* Whether a scope, as gv_serve_access_envs() gives it, has an environment; NULL
 * is a server without credentials, which has all. What is of none (NULL or "")
 * is for everybody. */
bool gv_serve_scope_has(const struct gv_buf *scope, const char *env);

/* Take out of a text for Prometheus the samples whose label "environment" names
 * another one. 0 or GV_ENOMEM. */
int gv_serve_scope_cut(struct gv_buf *text, const struct gv_buf *scope);

#endif
