#ifndef GV_STORE_WIRE_H
#define GV_STORE_WIRE_H
/*
 * What the kinds of stores have in common that speak HTTP: a request that is
 * signed afresh for each attempt, tried again while the store is busy, and
 * whose failure is a sentence. A cut answer of a get goes on where it ended.
 *
 *	gv_store_ask_init(&ask, wire, "GET", name);
 *	r = gv_store_ask_send(&ask, "read");
 *	gv_store_ask_release(&ask);
 */

#include "base/buf.h"
#include "crypto/secret.h"
#include "net/http.h"
#include "store/store_internal.h"

#define GV_STORE_FIELDS 14

struct gv_store_ask;

/* One store that is spoken to by HTTP. */
struct gv_store_wire {
	struct gv_store *store;
	struct gv_http *http;
	struct gv_buf base;   /* https://HOST, without a '/' at the end */
	struct gv_buf host;   /* of it, with a port where it has one */
	struct gv_buf prefix; /* of keys: "a/b/", or "" */
	void *self;
	/* Add the fields that let the request pass, with what they need in
	 * ask->hold. 0 or an error. */
	int (*sign)(void *self, struct gv_store_ask *ask);
	/* Whether a redirection may lead to that host. */
	bool (*is_same)(void *self, const char *host);
	/* Credentials were refused: 1 if there are others now. */
	int (*renew)(void *self);
	/* For who has none, or wrong ones. */
	const char *hint;
};

struct gv_store_ask {
	struct gv_store_wire *wire;
	/* ---- what is asked */
	const char *method;
	const char *name;    /* for messages */
	struct gv_buf path;  /* as it is sent, "/" at least */
	struct gv_buf query; /* as it is sent, without "?" */
	struct gv_http_field fields[GV_STORE_FIELDS];
	size_t n;
	const struct gv_store_body *body; /* NULL: none */
	const char *sum;                  /* SHA-256 of it in hexadecimal */
	bool is_conditional;
	bool is_last;   /* of an upload: a conflict is not tried again by itself
		       */
	char stamp[64]; /* room for sign() */
	/* set by sign(): goes behind the query, and into no message */
	const char *secret_query;
	const struct gv_store_sink *sink; /* takes the body of the answer */
	uint64_t at, len; /* of it; `len` UINT64_MAX: to the end */
	/* ---- what came */
	struct gv_http_reply reply;
	struct gv_store_stat stat;
	bool has_length;
	char code[64];        /* the failure's name, or "" */
	struct gv_buf region; /* x-amz-bucket-region */
	/* an attempt got no answer: it may have been carried out */
	bool is_unsure;
	/* the body can go in parts as well: a request that is cut, or shows
	 * itself slow, is given up, and must_split is set */
	bool may_split, must_split;
	/* ---- private */
	long long began; /* when the first byte of this attempt was read */
	struct gv_http_stream stream;
	struct gv_buf hold_text; /* what fields of an attempt point to */
	struct gv_secret hold;
	struct gv_buf location, moved; /* of a redirection, the present host */
	uint64_t given;                /* bytes of the body of this attempt */
	uint64_t taken;                /* bytes of the answer */
	uint64_t there, upto;          /* where this one goes on, and its end */
	int64_t date;
	char first_etag[GV_STORE_ETAG_MAX];
	bool is_renewed;
	unsigned moves;
};

/* Make a client for `wire->base`. 0; GV_EREFUSED, GV_ENOMEM, GV_ERROR. */
int gv_store_wire_open(struct gv_store_wire *wire);
void gv_store_wire_release(struct gv_store_wire *wire);

/* Set the prefix of keys to "TEXT/"; false where it cannot be one. */
bool gv_store_wire_prefix(struct gv_store_wire *wire, const char *text);

/* Set the store's address to SCHEME, what is given, and the prefix. */
int gv_store_wire_url(struct gv_store_wire *wire, const char *home);

/* A request for an object ("": what holds them); the path is left to the
 * caller. Release it in any case. */
void gv_store_ask_init(struct gv_store_ask *ask, struct gv_store_wire *wire,
    const char *method, const char *name);
void gv_store_ask_release(struct gv_store_ask *ask);

/* Add a field; `value` must live until the request is sent. */
void gv_store_ask_field(
    struct gv_store_ask *ask, const char *name, const char *value);

/* Send it until there is an answer that counts. 0 for a status of 2xx;
 * otherwise the code that stands for the failure, with a sentence: "cannot
 * DOING NAME in URL: …". */
int gv_store_ask_send(struct gv_store_ask *ask, const char *doing);

/* What all kinds of stores do alike with a request that the kind made. Each
 * sends the request and releases it. */

/* Read a part of an object into `sink`. As gv_store_get(). */
int gv_store_ask_get(struct gv_store_ask *ask, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink);

/* An object's size and the rest of a HEAD. As gv_store_stat(). */
int gv_store_ask_stat(struct gv_store_stat *out, struct gv_store_ask *ask);

/* Delete an object: 0 also where it is missing. As gv_store_delete(). */
int gv_store_ask_delete(struct gv_store_ask *ask);

/* A list that goes through pages: keys without the prefix, in order. */
struct gv_store_listing {
	struct gv_store_wire *wire;
	const char *prefix, *after;
	gv_store_list_fn *fn;
	void *ctx;
	struct gv_buf last; /* key */
	bool has_failed;    /* with a message */
	uint64_t n, before; /* keys; as many before this page */
	unsigned idle;      /* pages in a row that brought none */
};

/* Whether there is to be another page: not where a store promises more for ever
 * and brings nothing. 0; GV_ECORRUPT. */
int gv_store_listing_page(struct gv_store_listing *l);

/* Take the next key of a page. 0; GV_ECORRUPT with a message where they are in
 * no order; what fn() returned. */
int gv_store_listing_take(struct gv_store_listing *l, const char *key,
    const struct gv_store_stat *stat);

/* The sentence for an answer that makes no sense. GV_ECORRUPT. */
int gv_store_ask_odd(const struct gv_store_ask *ask, const char *what);

#endif
