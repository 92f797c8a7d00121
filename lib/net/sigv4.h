#ifndef GV_SIGV4_H
#define GV_SIGV4_H
/*
 * Requests signed as Amazon's services want them: AWS Signature Version 4. A
 * pure function of the request, the key and the time; sends nothing.
 *
 *	struct gv_sigv4 what = { .method = "POST", .path = "/", …
 *		.fields = fields, .n = 3, .body = p, .len = len };
 *	r = gv_sigv4_authorize(&value, &what, &key);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_secret;

#define GV_SIGV4_FIELDS_MAX 16

/* A header field; its name in small letters. */
struct gv_sigv4_field {
	const char *name, *value;
};

struct gv_sigv4_key {
	const char *id;
	const void *secret;
	size_t len;
};

struct gv_sigv4 {
	const char *method;
	const char *path;  /* as it is sent, "/" at least */
	const char *query; /* as it is sent, without "?"; may be "" */
	const char *region, *service;
	int64_t now; /* which x-amz-date says, too */
	/* all that are signed, in any order; host and x-amz-date among them */
	const struct gv_sigv4_field *fields;
	size_t n;
	const void *body;
	size_t len;
	/* the sum of a body that is not in memory, in hexadecimal, or what
	 * stands for it; NULL: of `body` */
	const char *sum;
	bool is_google; /* the same as Google's services want it */
};

/* Append the value of the field Authorization. 0; GV_EREFUSED where there are
 * too many fields; GV_ENOMEM, GV_ERROR. */
int gv_sigv4_authorize(struct gv_buf *out, const struct gv_sigv4 *what,
    const struct gv_sigv4_key *key);

#endif
