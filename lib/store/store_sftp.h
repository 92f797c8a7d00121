#ifndef GV_STORE_SFTP_H
#define GV_STORE_SFTP_H
/*
 * What the files of the SFTP kind share: store_sftp.c opens, asks, reads, lists
 * and deletes, store_sftp_put.c writes. Include it nowhere else.
 */

#include "store/store_internal.h"
#include "store/store_sftp_session.h"

#define GV_STORE_SFTP_PIECE      ((size_t)32 << 10) /* what each server takes */
#define GV_STORE_SFTP_WINDOW     64                 /* pieces under way */
#define GV_STORE_SFTP_HANDLE_MAX 256

enum gv_store_sftp_open {
	GV_STORE_SFTP_FOR_READ = 1,
	GV_STORE_SFTP_FOR_WRITE = 2,
	GV_STORE_SFTP_CREATE = 8,
	GV_STORE_SFTP_EXCLUSIVE = 32,
};

struct gv_store_sftp {
	struct gv_store *store;
	struct gv_store_sftp_session session;
	char *host, *user, *port;
	struct gv_buf root; /* with a '/' at its end; "" is the home folder */
	bool is_swept;
};

/* An answer that is a status, a handle or attributes. */
struct gv_store_sftp_answer {
	struct gv_store_sftp *f;
	unsigned status; /* GV_STORE_SFTP_OK also for another answer */
	unsigned type;
	unsigned char handle[GV_STORE_SFTP_HANDLE_MAX];
	size_t handle_len;
	struct gv_store_sftp_attrs attrs;
};

/* Take one; `ctx` is a struct gv_store_sftp_answer. 0; GV_ECORRUPT. */
int gv_store_sftp_take(void *ctx, const struct gv_store_sftp_reply *reply);

/* Send the one request that is begun at `at`, and wait for its answer. 0, also
 * where that is a failure; as gv_store_sftp_talk(). */
int gv_store_sftp_settle(
    struct gv_store_sftp_answer *a, struct gv_store_sftp *f, size_t at);

/* Add the path of an object or folder to what is begun. */
void gv_store_sftp_path(struct gv_store_sftp *f, const char *name);

/* Requests about a path, a handle, and an opened file. As
 * gv_store_sftp_settle(). */
int gv_store_sftp_ask_path(struct gv_store_sftp_answer *a,
    struct gv_store_sftp *f, enum gv_store_sftp_type type, const char *name);
int gv_store_sftp_ask_handle(struct gv_store_sftp_answer *a,
    struct gv_store_sftp *f, enum gv_store_sftp_type type,
    const struct gv_store_sftp_answer *handle);
int gv_store_sftp_ask_open(struct gv_store_sftp_answer *a,
    struct gv_store_sftp *f, const char *name, unsigned how);

/* The sentence for a status that is not OK; the same where `r` is 0 and the
 * answer is one. */
int gv_store_sftp_fail(const struct gv_store_sftp *f,
    const struct gv_store_sftp_answer *a, const char *doing, const char *name);
int gv_store_sftp_judge(int r, const struct gv_store_sftp *f,
    const struct gv_store_sftp_answer *a, const char *doing, const char *name);

/* The sentence for an answer that makes no sense. GV_ECORRUPT. */
int gv_store_sftp_odd(const struct gv_store_sftp *f);

/* Do it, and again where the connection broke. */
int gv_store_sftp_until_done(struct gv_store_sftp *f,
    int (*fn)(struct gv_store_sftp *f, void *ctx), void *ctx);

/* As the store's put(). (store_sftp_put.c) */
int gv_store_sftp_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag);

#endif
