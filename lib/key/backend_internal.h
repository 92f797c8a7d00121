#ifndef GV_BACKEND_INTERNAL_H
#define GV_BACKEND_INTERNAL_H
/*
 * What the parts of backend.c share: it opens and sends, backend_json.c builds
 * what is sent and reads what comes, backend_hashicorp.c and backend_aws.c know
 * how two makers' services are talked to, and one file each what one keeps or
 * wraps. Include it nowhere else.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "config/policy.h"
#include "crypto/secret.h"
#include "key/backend.h"
#include "net/http.h"

struct gv_unjson;
struct gv_unjson_node;

/* What one kind can do; NULL: not that. The verbs are those of backend.h. */
struct gv_backend_ops {
	size_t least, most; /* bytes of a value; 0: no bound */
	int (*open)(struct gv_backend *b);
	int (*store)(struct gv_backend *b, struct gv_backend_version *version,
	    const char *path, const void *p, size_t len);
	int (*fetch)(struct gv_backend *b, struct gv_secret *out,
	    const char *path, const char *version);
	int (*delete)(struct gv_backend *b, const char *path);
	int (*list)(struct gv_backend *b, const char *dir,
	    int (*fn)(void *ctx, const char *name), void *ctx);
	int (*health)(struct gv_backend *b, struct gv_buf *out);
	int (*wrap)(struct gv_backend *b, struct gv_buf *out, const void *p,
	    size_t len);
	int (*unwrap)(
	    struct gv_backend *b, struct gv_secret *out, const char *text);
};

extern const struct gv_backend_ops gv_backend_hashicorp;
extern const struct gv_backend_ops gv_backend_transit;
extern const struct gv_backend_ops gv_backend_aws;
extern const struct gv_backend_ops gv_backend_kms;

struct gv_backend {
	const struct gv_backend_ops *ops;
	const struct gv_policy_vault *vault;
	struct gv_http *http;
	struct gv_buf url;      /* without a slash at the end */
	struct gv_buf host;     /* of it */
	struct gv_secret token; /* of a session; NUL behind it */
	bool is_login;          /* the token came from a login here */
	struct gv_buf id;       /* of the access key of Amazon */
	struct gv_secret key;
	struct gv_buf region;
};

/* One request to it, and what it gave. */
struct gv_backend_call {
	struct gv_buf path;    /* behind the address */
	struct gv_secret body; /* empty: none */
	struct gv_http_reply reply;
	struct gv_unjson *doc;             /* of the answer, where it is JSON */
	const struct gv_unjson_node *data; /* its "data", or NULL */
};

#define GV_BACKEND_CALL_INIT                                                   \
	{                                                                      \
		GV_BUF_INIT, GV_SECRET_INIT, GV_HTTP_REPLY_INIT, NULL, NULL    \
	}

/* ---- backend.c ---- */

/* Wipe and free; zeroed ok. */
void gv_backend_call_release(struct gv_backend_call *c);

/* Set the address: of the policy, of the environment, or both where they are
 * the same; `fallback` where neither has one. 0; GV_EREFUSED; GV_ENOMEM. */
int gv_backend_set_address(
    struct gv_backend *b, const char *const *variables, const char *fallback);

/* One exchange, and how long until the next one: a pause of growing length, or
 * what the answer asks for within bounds; false: it was the last. */
bool gv_backend_pause(
    const struct gv_http_reply *reply, unsigned tries, bool is_busy);

/* ---- backend_hashicorp.c ---- */

int gv_backend_open_hashicorp(struct gv_backend *b);
int gv_backend_health_hashicorp(struct gv_backend *b, struct gv_buf *out);

/* Append MOUNT/verb/path. */
void gv_backend_add_path(struct gv_buf *out, const struct gv_backend *b,
    const char *verb, const char *path);

/* Send, log in before where that is needed, try again where that helps. 0,
 * whatever the status; a failure where no answer came. The path is behind /v1/.
 */
int gv_backend_ask(
    struct gv_backend *b, struct gv_backend_call *c, const char *method);

/* The same without any of that. */
int gv_backend_ask_once(
    struct gv_backend *b, struct gv_backend_call *c, const char *method);

/* The same as the first, but 0 for this status and 204 only. */
int gv_backend_ask_for(struct gv_backend *b, struct gv_backend_call *c,
    const char *method, int status);

/* The failure that a status is. */
int gv_backend_say(struct gv_backend *b, const struct gv_backend_call *c);

/* ---- backend_aws.c ---- */

int gv_backend_open_aws(struct gv_backend *b);

/* Send the body to a target, signed, and again where that helps. 0, whatever
 * the status; a failure where no answer came. `data` is the whole answer. */
int gv_backend_ask_aws(
    struct gv_backend *b, struct gv_backend_call *c, const char *target);

/* The name of the failure that an answer tells of, or "". */
const char *gv_backend_failure(const struct gv_backend_call *c);

/* The failure that an answer is; `what` is its object. */
int gv_backend_say_aws(
    struct gv_backend *b, const struct gv_backend_call *c, const char *what);

/* ---- backend_json.c ---- */

/* Append text as it is; a JSON text; bytes as one in base64. 0 or a failure. */
int gv_backend_add(struct gv_secret *out, const char *text);
int gv_backend_add_text(struct gv_secret *out, const char *text);
int gv_backend_add_bytes(struct gv_secret *out, const void *p, size_t len);

/* Append what a text in base64 stands for; GV_ECORRUPT names the host. */
int gv_backend_take_bytes(
    const struct gv_backend *b, struct gv_secret *out, const char *text);

/* Read an answer; GV_ECORRUPT names the host. */
int gv_backend_parse(const struct gv_backend *b, struct gv_unjson **out,
    struct gv_http_reply *reply);

/* The outermost value of an answer; NULL where it is no JSON. */
const struct gv_unjson_node *gv_backend_root(const struct gv_backend_call *c);

/* Set a version; GV_ECORRUPT for an invalid one. */
int gv_backend_set_version(const struct gv_backend *b,
    struct gv_backend_version *out, const char *text);

/* ---- backend_profile.c ---- */

/* What a file of shared credentials says of a profile; NUL behind each. Others'
 * files may be of any size and form: what is not understood is passed over. 0;
 * GV_ENOTFOUND without a message where it has no such profile with a key;
 * GV_ENOMEM, GV_ERROR. */
struct gv_backend_profile {
	struct gv_secret id, key, token;
};
int gv_backend_profile_read(struct gv_backend_profile *out, const char *name,
    const char *data, size_t len);
void gv_backend_profile_release(struct gv_backend_profile *profile);

#endif
