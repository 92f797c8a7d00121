#ifndef GV_HTTP_H
#define GV_HTTP_H
/*
 * A client of HTTP for services that keep secrets: what goes out and what comes
 * back stays in locked memory as far as it is ours, and is wiped where it is
 * libcurl's. Certificates are always checked; without TLS it talks to this host
 * only. A redirection is an answer like any other: nothing that was meant for
 * one host goes to another. Says nothing of what is in an answer; a status that
 * tells of a failure is no failure here.
 *
 *	r = gv_http_new(&http, &opts);
 *	r = gv_http_send(&reply, http, &request);
 *	gv_http_reply_release(&reply);
 *
 * What is too large for memory goes through struct gv_http_stream, and is then
 * no secret: it passes through ordinary memory.
 *
 * libcurl is loaded when the first client is made: linked with us it would cost
 * each start of each command 3 ms.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"

struct gv_buf;
struct gv_http;

#define GV_HTTP_FIELDS_MAX 16

struct gv_http_opts {
	const char *ca;  /* file of certificates to trust; NULL: the system's */
	int connect_ms;  /* until there is a connection */
	int answer_ms;   /* until all of the answer is there */
	size_t max_body; /* bytes of an answer */
	bool is_public;  /* nothing secret goes out: http:// to any host will
			    do, and a proxy may see it */
	bool is_link_local; /* http:// to 169.254.0.0/16, too: to the service
			       that tells a machine its credentials */
};

#define GV_HTTP_OPTS_INIT                                                      \
	{                                                                      \
		NULL, 10000, 30000, (size_t)32 << 20, false, false             \
	}

struct gv_http_field {
	const char *name, *value;
};

struct gv_http_request {
	const char *method;
	const char *url;
	const struct gv_http_field *fields;
	size_t n;
	const void *body; /* NULL: none */
	size_t len;
};

struct gv_http_reply {
	int status;
	int retry_after;       /* seconds; 0 where it does not say */
	struct gv_secret body; /* there is a byte behind it, a NUL */
};

#define GV_HTTP_REPLY_INIT                                                     \
	{                                                                      \
		0, 0, GV_SECRET_INIT                                           \
	}

/* Bodies that come and go in pieces. What is not 0 or NULL counts. */
struct gv_http_stream {
	/* What is sent: put the next bytes to `data`, at most `size`, and
	 * their number to *got; and begin again at the first. 0, or an error
	 * that ends the request. */
	int (*read)(void *ctx, void *data, size_t size, size_t *got);
	int (*rewind)(void *ctx);
	uint64_t len; /* of all of it */
	/* The body of an answer of 200 or 206, instead of reply->body */
	int (*write)(void *ctx, const void *data, size_t len);
	/* A field of the answer, its name in small letters */
	void (*field)(void *ctx, const char *name, const char *value);
	void *ctx;      /* of all of them */
	uint64_t limit; /* bytes a second that are sent */
	int slow_s; /* less than 64 bytes a second for this long: an error */
	/* set by the request */
	bool is_cut;  /* no answer, or not all: it may be different next time */
	bool is_away; /* the same, and nobody was there to ask */
	uint64_t sent, received; /* bytes of bodies */
};

/* One thread's; connections are kept. `opts` is copied. 0; GV_EREFUSED where
 * there is no libcurl; GV_ENOMEM; GV_ERROR. */
int gv_http_new(struct gv_http **out, const struct gv_http_opts *opts);

/* NULL-safe. */
void gv_http_free(struct gv_http *http);

/* Send and wait for the answer, which replaces what was in *out. 0, whatever
 * the status; GV_EREFUSED where the address is not allowed, or the
 * answer is too large; GV_ECANCELED; GV_ERROR with the host and the reason
 * where no answer came; GV_ENOMEM. */
int gv_http_send(struct gv_http_reply *out, struct gv_http *http,
    const struct gv_http_request *request);

/* The same with bodies in pieces. `stream` must not be used twice at once. */
int gv_http_send_stream(struct gv_http_reply *out, struct gv_http *http,
    const struct gv_http_request *request, struct gv_http_stream *stream);

/* Wipe and free; NULL-safe, zeroed ok. */
void gv_http_reply_release(struct gv_http_reply *reply);

/* Append the host of an address, with its port if it has one: of https://, or
 * of http:// where that is this host; without a user. 0 or GV_EREFUSED. */
int gv_http_host(struct gv_buf *out, const char *url);

/* Append text so that it can stand in a path: all but letters, digits and -._~
 * as %XX, and '/' as it is if `slash`. */
void gv_http_escape(struct gv_buf *out, const char *text, bool slash);

#endif
