#ifndef GV_STORE_BUCKET_H
#define GV_STORE_BUCKET_H
/*
 * What the files of the S3 kind share: store_bucket.c opens, signs, reads and
 * lists, store_bucket_put.c writes. Include it nowhere else.
 */

#include "store/store_aws.h"
#include "store/store_wire.h"

struct gv_store_bucket {
	struct gv_store_wire wire;
	struct gv_store_aws key;
	bool has_key;
	struct gv_buf bucket, region;
	bool is_google; /* the same by Google's names */
	bool is_amazon;
	bool is_virtual; /* the bucket is a part of the host's name */
};

/* Begin a request for an object or, for "", the bucket. */
void gv_store_bucket_ask(struct gv_store_ask *ask, struct gv_store_bucket *s,
    const char *method, const char *name);

/* As the store's put(). */
int gv_store_bucket_put(void *self, struct gv_store_stat *out, const char *name,
    const struct gv_store_body *body, unsigned flags, const char *etag);

/* As the store's versions() and erase(). (store_bucket_version.c) */
int gv_store_bucket_version_list(void *self, bool *sees_all, const char *prefix,
    gv_store_version_fn *fn, void *ctx);
int gv_store_bucket_version_erase(void *self, struct gv_store_stat *lock,
    const struct gv_store_version *version);

#endif
