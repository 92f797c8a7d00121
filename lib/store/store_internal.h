#ifndef GV_STORE_INTERNAL_H
#define GV_STORE_INTERNAL_H
/*
 * What each kind of store offers to store.c, which checks names and conditions
 * before it asks. Include it nowhere else.
 */

#include "store/store.h"

/* A kind of store. The functions have the results of their namesakes in
 * store.h; `self` is what open() made. */
struct gv_store_kind {
	const char *scheme; /* with the "://", where it has one */
	/* `place` is what follows the scheme */
	int (*open)(void **self, struct gv_store *store, const char *place);
	void (*close)(void *self);
	int (*put)(void *self, struct gv_store_stat *out, const char *name,
	    const struct gv_store_body *body, unsigned flags, const char *etag);
	int (*get)(void *self, const char *name, uint64_t at, uint64_t len,
	    const struct gv_store_sink *sink);
	int (*stat)(void *self, struct gv_store_stat *out, const char *name);
	int (*list)(void *self, const char *prefix, const char *after,
	    gv_store_list_fn *fn, void *ctx);
	int (*remove)(void *self, const char *name);
	/* NULL: it has no versions, or tells nothing of them */
	int (*versions)(void *self, bool *sees_all, const char *prefix,
	    gv_store_version_fn *fn, void *ctx);
	int (*erase)(void *self, struct gv_store_stat *lock,
	    const struct gv_store_version *version);
	enum gv_store_keeps keeps;
};

struct gv_store {
	const struct gv_store_kind *kind;
	void *self;
	char *url; /* without credentials */
	struct gv_store_opts opts;
	char *texts[8]; /* what `opts` points to */
	size_t n_texts;
	struct gv_store_count count;
	long long paced_from; /* of gv_store_pace() */
	uint64_t paced_bytes;
	unsigned promises;
	bool is_probed;
	/* the put that failed may have been carried out by an attempt whose
	 * answer was lost */
	bool is_unsure;
};

/* Hand all of a body to a sink, in pieces. 0; GV_EREFUSED where the file is
 * shorter now; GV_ERROR; GV_ECANCELED; GV_ENOMEM; what the sink returned. */
int gv_store_body_each(
    const struct gv_store_body *body, const struct gv_store_sink *sink);

/* GV_EREFUSED with the sentence: its digest is another one. */
int gv_store_body_changed(void);

/* Wait until these bytes, too, are within the limit of the options. */
void gv_store_pace(struct gv_store *store, size_t bytes);

/* Above how many bytes an object goes in parts, and the size of those. */
uint64_t gv_store_part(const struct gv_store *store);

/* Whether an object should go in parts. A request for all of its `bytes` has
 * sent `sent` of them in `ms` milliseconds. True if it would take more than
 * half a minute at that rate, and less than a quarter would have to be sent
 * again. Not before two seconds: the first bytes only fill buffers. Pure. */
bool gv_store_split_pays(uint64_t sent, long long ms, uint64_t bytes);

/* The SHA-256 of a body: the one that is known, or of its bytes. As
 * gv_store_body_each(). */
int gv_store_body_sum(unsigned char out[32], const struct gv_store_body *body);

/* Whether its bytes are what body->sha256 announces, where that is known. 0;
 * GV_EREFUSED where they are not; as gv_store_body_each(). */
int gv_store_body_check(const struct gv_store_body *body);

/* Whether an object is exactly these bytes: 1 or 0; as gv_store_get(), and as
 * gv_store_body_each(). */
int gv_store_is_body(
    struct gv_store *store, const char *name, const struct gv_store_body *body);

extern const struct gv_store_kind gv_store_file_kind;
extern const struct gv_store_kind gv_store_bucket_kind;
extern const struct gv_store_kind gv_store_gs_kind;
extern const struct gv_store_kind gv_store_azure_kind;
extern const struct gv_store_kind gv_store_sftp_kind;
extern const struct gv_store_kind gv_store_dav_kind;
extern const struct gv_store_kind gv_store_rclone_kind;

#endif
