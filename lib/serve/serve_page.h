#ifndef GV_SERVE_PAGE_H
#define GV_SERVE_PAGE_H
/*
 * What is read over HTTP and changes nothing: configuration, health, metrics.
 * The path of a request becomes a route, the route is answered by a page. No
 * file here knows the HTTP library.
 *
 *	if (gv_serve_route_parse(&route, path) == 0)
 *		gv_serve_config_answer(&page, config, &ask);
 *	gv_serve_page_release(&page);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "serve/serve_backend.h"

struct gv_share;

/* ---- serve_route.c ------------------------------------------------------- */

enum gv_serve_kind {
	GV_SERVE_AT_STATE,   /* /state/…: serve_target.c */
	GV_SERVE_AT_CONFIG,  /* /v1/config/ENV/SERVICE[/KEY] */
	GV_SERVE_AT_SPRING,  /* /spring/APP/PROFILE[,…][/LABEL] */
	GV_SERVE_AT_ALIVE,   /* /health, /healthz: for anybody */
	GV_SERVE_AT_HEALTH,  /* /v1/health */
	GV_SERVE_AT_METRICS, /* /metrics */
	GV_SERVE_AT_PAGE,    /* /health.html */
	GV_SERVE_KINDS
};

#define GV_SERVE_KEY      1024 /* bytes of a key */
#define GV_SERVE_PROFILES 16

struct gv_serve_route {
	enum gv_serve_kind kind;
	char env[GV_SERVE_NAME];     /* "": none, said as "-" */
	char service[GV_SERVE_NAME]; /* "": none, said as "-" */
	char key[GV_SERVE_KEY];      /* "": all; or the label of Spring */
	char profiles[GV_SERVE_PROFILES][GV_SERVE_NAME]; /* of Spring */
	size_t n_profiles;
	bool is_json; /* of AT_ALIVE: /health */
};

/* Read the path of a request, whose escapes are read already. 0, or
 * GV_ENOTFOUND with a sentence. */
int gv_serve_route_parse(struct gv_serve_route *out, const char *path);

#define GV_SERVE_WAIT_MOST ((int64_t)600 * 1000) /* ms */

/* Read how long to wait: 30s, 500ms, 2m; NULL: five minutes. At most
 * GV_SERVE_WAIT_MOST. 0, or GV_EUSAGE with a sentence. */
int gv_serve_route_wait(int64_t *ms, const char *text);

/* Read an index: digits. 0, or GV_EUSAGE. */
int gv_serve_route_index(uint64_t *out, const char *text);

/* Whether the header If-None-Match (NULL: none) names this tag, which has its
 * quotes. */
bool gv_serve_route_matches(const char *header, const char *etag);

/* ---- serve_page.c -------------------------------------------------------- */

struct gv_serve_page {
	unsigned status;
	const char *type; /* of the text; NULL: a sentence */
	struct gv_buf text;
	struct gv_secret secret; /* in place of the text, where it has some */
	/* in place of both: bytes of an object that is held */
	const char *held;
	size_t held_len;
	struct gv_share *share;
	/* headers; zero: not sent */
	char etag[48], commit[48];
	uint64_t index;
	int64_t age;       /* seconds; negative: not sent */
	const char *stale; /* why it is an older one */
	size_t hidden;     /* values that are not shown */
};

#define GV_SERVE_PAGE_INIT                                                     \
	{                                                                      \
		.text = GV_BUF_INIT, .secret = GV_SECRET_INIT, .age = -1       \
	}

/* Answer with a sentence. */
void gv_serve_page_say(struct gv_serve_page *page, unsigned status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The bytes that are sent. */
const char *gv_serve_page_bytes(size_t *len, const struct gv_serve_page *page);

/* Wipes; zeroed ok. */
void gv_serve_page_release(struct gv_serve_page *page);

#endif
