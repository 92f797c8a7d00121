#ifndef GV_SERVE_BACKEND_H
#define GV_SERVE_BACKEND_H
/*
 * Shared by the parts of serve. Only serve_run.c and serve_library.c know the
 * HTTP library; the other parts take and return texts.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "crypto/sha.h"

/* ---- serve_target.c ---- */

#define GV_SERVE_NAME 65 /* of a name, with the NUL */
#define GV_SERVE_NOTE 200

enum gv_serve_verb {
	GV_SERVE_GET,
	GV_SERVE_PUT,
	GV_SERVE_DELETE,
	GV_SERVE_LOCK,
	GV_SERVE_UNLOCK,
	GV_SERVE_NONE, /* not here */
};

struct gv_buf;

struct gv_serve_target {
	char env[GV_SERVE_NAME], stack[GV_SERVE_NAME];
	bool is_lock; /* the path ends with /lock */
};

/* Read the path of a request, whose escapes are read already. 0, or
 * GV_ENOTFOUND with a sentence. */
int gv_serve_target_parse(struct gv_serve_target *out, const char *path);

/* What a method means there. Of the address of a lock, POST and PUT take it,
 * and DELETE lets go of it, as some are set up to do. */
enum gv_serve_verb
gv_serve_target_verb(const struct gv_serve_target *target, const char *method);

/* The methods that there are, for "Allow". */
const char *gv_serve_target_methods(const struct gv_serve_target *target);

/* ---- serve_access.c ---- */

/* What a line lets its user do there. */
enum gv_serve_right {
	GV_SERVE_MAY_STATE = 1,
	GV_SERVE_MAY_CONFIG = 2,
	GV_SERVE_MAY_SECRETS = 4, /* see veiled values of the configuration */
};

/* A line of the file of credentials: who has the secret of this sum may use the
 * environment. */
struct gv_serve_entry {
	char env[GV_SERVE_NAME]; /* "*": all */
	char user[GV_SERVE_NAME];
	unsigned rights; /* of enum gv_serve_right */
	unsigned char sum[GV_SHA_BYTES];
};

struct gv_serve_access {
	struct gv_serve_entry *entries;
	size_t n, cap;
};

/* Read the text of such a file: lines of "ENV USER SHA256 [SCOPES]", or
 * comments. Without scopes (state, config, secrets, with commas between them)
 * it is state and config. 0;
 * GV_EUSAGE with the invalid line; GV_ENOMEM. */
int gv_serve_access_parse(
    struct gv_serve_access *out, const char *text, size_t len);

/* The same of a file, which nobody else may read. Also GV_EREFUSED,
 * GV_ENOTFOUND, GV_ERROR. */
int gv_serve_access_load(struct gv_serve_access *out, const char *path);

/* Whether who sends this header "Authorization" (NULL: none) may use the
 * environment: 200, with the name of the user; 401 for who is unknown; 403 for
 * who may use other environments only. In a time that tells nothing of the
 * secrets. */
unsigned gv_serve_access_check(const struct gv_serve_access *access,
    const char *header, const char *env, char user[GV_SERVE_NAME]);

/* Who asks, as the file has it. */
struct gv_serve_visitor {
	char user[GV_SERVE_NAME]; /* "": unknown */
	unsigned rights;          /* in that environment */
	size_t entry;             /* the line that let it in, from 0 */
};

/* The same with what is wanted: one of enum gv_serve_right. `env` NULL: in any
 * environment. Also what else the user may do there. */
unsigned gv_serve_access_judge(struct gv_serve_visitor *out,
    const struct gv_serve_access *access, const char *header, const char *env,
    unsigned right);

/* Append the environments in which the sender of that header may do anything,
 * each with its NUL; "*" stands for all. 0 or GV_ENOMEM. */
int gv_serve_access_envs(struct gv_buf *out,
    const struct gv_serve_access *access, const char *header);

/* Whether a line has this right. */
bool gv_serve_access_has(const struct gv_serve_access *access, unsigned right);

/* NULL-safe, zeroed ok. */
void gv_serve_access_release(struct gv_serve_access *access);

/* Append a file that nobody else may read. 0; GV_EREFUSED; GV_ENOTFOUND;
 * GV_ERROR; GV_ENOMEM. */
int gv_serve_access_read(struct gv_secret *out, const char *path);

/* ---- serve_address.c ---- */

struct gv_serve_address {
	int family;       /* AF_INET, AF_INET6, AF_UNIX */
	char host[64];    /* digits; "" for a path */
	unsigned port;    /* 0: any */
	const char *path; /* of AF_UNIX; borrowed of the text */
	bool is_local;    /* nobody but this host reaches it */
};

/* Read what --listen says. 0, or GV_EUSAGE. */
int gv_serve_address_parse(struct gv_serve_address *out, const char *text);

/* Listen there; a port that was any is known then. A socket that nobody listens
 * on any more is taken away. 0; GV_EEXISTS where somebody does; GV_ERROR. */
int gv_serve_address_open(int *fd, struct gv_serve_address *at);

/* Take away the file of such a socket. */
void gv_serve_address_remove(const struct gv_serve_address *at);

/* Append where it listens. */
void gv_serve_address_format(
    struct gv_buf *out, const struct gv_serve_address *at, bool has_tls);

/* The path of a request. A request may name http://HOST before it (RFC 9112,
 * 3.2.2): *len is then the length of HOST, whose last byte is before the path,
 * and HOST counts instead of the header "Host"; otherwise 0. */
const char *gv_serve_address_skip(size_t *len, const char *url);

/* Whether the header "Host" of a request (NULL: none) names this address, or
 * any other name of this host alone. A stranger's page that makes its name
 * point to our address sends its own name. */
bool
gv_serve_address_is_named(const struct gv_serve_address *at, const char *host);

/* ---- serve_backend.c, serve_state.c, serve_lock.c ---- */

/* Where requests are carried out, one at a time. */
struct gv_serve_backend {
	struct gv_repo *repo;
	const struct gv_safe_opts *opts;
	struct gv_safe *safe; /* NULL: it could not be opened */
	const char *remote;
	atomic_uint packs; /* that may have come since the folding was looked
			      after (serve_fold.c) */
};

/* A request, and what it is answered by. */
struct gv_serve_call {
	enum gv_serve_verb verb;
	struct gv_serve_target target;
	/* of the request; NULL: not said; they live as long as that */
	const char *id;     /* of the lock */
	const char *commit; /* of the project */
	const char *md5;    /* of the body, in base64 */
	char user[GV_SERVE_NAME];
	struct gv_secret body;
	uint64_t room; /* bytes that it may hold */

	unsigned status;
	bool is_json;
	bool is_nameless; /* its path has a name that looks like a secret, and
			     is nobody's: it is for no log */
	char note[GV_SERVE_NOTE]; /* what was done, for the log; or "" */
	struct gv_secret reply;
	char reply_md5[32]; /* "": none is said */
	uint64_t needs;     /* bytes; more than `room`: it was not done for want
			       of them, ask again with more */
};

/* Open the safe, be ready to seal. 0, or as gv_safe_open(). */
int gv_serve_backend_open(struct gv_serve_backend *backend,
    struct gv_repo *repo, const struct gv_safe_opts *opts, const char *remote);

/* NULL-safe, zeroed ok. */
void gv_serve_backend_close(struct gv_serve_backend *backend);

/* Let go of what has not been needed for a while. */
void gv_serve_backend_rest(struct gv_serve_backend *backend);

/* Carry a request out: always with a status, also where it fails, unless it
 * needs more room. */
void gv_serve_backend_do(
    struct gv_serve_backend *backend, struct gv_serve_call *call);

/* Answer with a sentence, in place of what was to be said. */
void gv_serve_call_say(struct gv_serve_call *call, unsigned status,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with this thread's message, by what kind of failure it is. */
void gv_serve_call_fail(struct gv_serve_call *call, int r);

/* Answer with the JSON of who has a lock. */
struct gv_statelock;
void
gv_serve_call_held(struct gv_serve_call *call, const struct gv_statelock *lock);

/* Wipes. */
void gv_serve_call_release(struct gv_serve_call *call);

/* The verbs, each as the backend does it. */
void gv_serve_state_get(
    struct gv_serve_backend *backend, struct gv_serve_call *call);
void gv_serve_state_put(
    struct gv_serve_backend *backend, struct gv_serve_call *call);
void gv_serve_state_delete(
    struct gv_serve_backend *backend, struct gv_serve_call *call);
void gv_serve_lock_take(
    struct gv_serve_backend *backend, struct gv_serve_call *call);
void gv_serve_lock_drop(
    struct gv_serve_backend *backend, struct gv_serve_call *call);

#endif
