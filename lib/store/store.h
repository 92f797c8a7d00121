#ifndef GV_STORE_H
#define GV_STORE_H
/*
 * Named objects in a store elsewhere: a folder, an S3 bucket, a container of
 * Azure, a WebDAV or SFTP server. An object is written as a whole or not at
 * all, and read by name. Knows nothing of Git, of vaults or of what the objects
 * mean. A store may lie: callers check what they read against a digest of their
 * own.
 *
 *	r = gv_store_open(&store, "file:///mnt/backup/vault", &opts);
 *	r = gv_store_put(&stat, store, "packs/x", &body, GV_STORE_NEW, NULL);
 *	r = gv_store_get(store, "packs/x", 0, UINT64_MAX, &sink);
 *	gv_store_close(store);
 *
 * Names are parts of letters a-z, digits, '.', '_' and '-', joined by '/'; no
 * part begins with a '.'. A store is for one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_store;

#define GV_STORE_NAME_MAX 256 /* characters */
#define GV_STORE_ETAG_MAX 128 /* with the NUL */

struct gv_store_opts {
	const char *ca;       /* file of certificates; NULL: the usual ones */
	const char *profile;  /* of the credentials' files; NULL: by them */
	const char *region;   /* NULL: where the tools have it */
	const char *endpoint; /* https://HOST; NULL: the provider's own */
	const char *sse;      /* "AES256", "aws:kms"; NULL: as the bucket has */
	const char *sse_key;  /* of aws:kms; NULL: the provider's */
	const char *storage_class; /* NULL: the bucket's */
	const char *lock_mode;     /* "GOVERNANCE", "COMPLIANCE"; NULL: none */
	int64_t lock_until;        /* when the lock ends */
	uint64_t limit;            /* bytes a second; 0: none */
	uint64_t part;             /* bytes of parts of large objects; 0: 64 MiB
				    */
	bool reads;                /* a copy is looked for that is there */
	unsigned promises;         /* found before by gv_store_promises() */
	bool is_probed;            /* `promises` holds; do not probe again */
	int stall_s;   /* nearly nothing comes or goes; 0: a minute */
	int give_up_s; /* of attempts, after the first failure; 0: ten minutes
			*/
};

/* What is stored: bytes in memory, or of a file from an offset on. */
struct gv_store_body {
	int fd; /* -1: `bytes` */
	uint64_t at;
	const void *bytes;
	uint64_t len;
	const unsigned char *sha256; /* of all of it; NULL: not known */
};

struct gv_store_stat {
	uint64_t bytes;
	int64_t modified;             /* 0: not known */
	char etag[GV_STORE_ETAG_MAX]; /* "": the store tells none */
	/* sums that the store has, of all of the object */
	bool has_sha256, has_md5;
	unsigned char sha256[32], md5[16];
	/* who may not delete it: until when it is locked, 0 where no lock is
	 * known; and whether it is held until somebody lets it go */
	int64_t locked_until;
	bool is_held;
};

/* One of the versions of an object that a store keeps. */
struct gv_store_version {
	const char *name;
	const char *id; /* "": the store says none */
	struct gv_store_stat stat;
	bool is_current; /* what gv_store_get() gives */
	bool is_marker;  /* no bytes: it says that the object was deleted */
	/* it was deleted, and the store lets go of it at stat.locked_until, or
	 * before if it is erased once more and may be (soft delete) */
	bool is_deleted;
};

/* What a kind of store may keep of what is deleted. */
enum gv_store_keeps {
	GV_STORE_GONE,   /* nothing, but versions, which can be erased */
	GV_STORE_SHOWS,  /* gv_store_versions() reports it as is_deleted */
	GV_STORE_UNSEEN, /* a trash that cannot be seen or emptied from here */
};

/* Takes the next bytes; a result other than 0 ends the call, which returns
 * it. */
struct gv_store_sink {
	int (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/* What a store does, as far as is known. */
enum gv_store_promise {
	GV_STORE_CREATES = 1,  /* GV_STORE_NEW never replaces anything */
	GV_STORE_REPLACES = 2, /* GV_STORE_SAME never loses an update */
	GV_STORE_HASHES = 4,   /* its list has an ETag that tells the content */
	GV_STORE_LOCKS = 8,    /* it can lock objects until a day */
};

enum gv_store_flag {
	GV_STORE_NEW = 1,  /* only where nothing has that name */
	GV_STORE_SAME = 2, /* only where it still has that ETag */
	GV_STORE_LOCK = 4, /* lock it as the options say */
	/* with GV_STORE_NEW: the name tells the content, so two writers of it
	 * do no harm, and fewer requests may do */
	GV_STORE_ALIKE = 8,
};

struct gv_store_count {
	uint64_t requests, bytes_out, bytes_in;
};

/* Open a store by its address: file:///DIR, s3://BUCKET/PREFIX,
 * gs://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER/PREFIX, sftp://HOST/DIR,
 * https+webdav://HOST/DIR, rclone:REMOTE:PATH. What is needed of `opts` is
 * copied; NULL: none. Nothing is asked of the store yet. 0;
 * GV_EREFUSED for another scheme, or an address that is invalid; GV_ENOTFOUND
 * for a missing folder; GV_ERROR; GV_ENOMEM. */
int gv_store_open(
    struct gv_store **out, const char *url, const struct gv_store_opts *opts);

/* NULL-safe. */
void gv_store_close(struct gv_store *store);

/* Whether that is the address of a store, by its scheme alone. */
bool gv_store_is_url(const char *url);

/* Store an object, durably: when this returns 0 it stays. *out (NULL: not
 * wanted) says what is there now. Where the store does not promise
 * GV_STORE_CREATES, GV_STORE_NEW looks first and then writes, which two writers
 * at once can both do; so they may with GV_STORE_ALIKE. `etag` is for
 * GV_STORE_SAME. 0; GV_EEXISTS where the
 * condition does not hold; GV_EREFUSED where the store will not, or the body
 * changed meanwhile; GV_ENOKEY without credentials, or with wrong ones;
 * GV_ECANCELED; GV_ERROR; GV_ENOMEM. After a failure the object is as before
 * or, where the answer was lost, as it was to be. */
int gv_store_put(struct gv_store_stat *out, struct gv_store *store,
    const char *name, const struct gv_store_body *body, unsigned flags,
    const char *etag);

/* Read `len` bytes from `at` on, or to the end where there are fewer. 0 only
 * when all of them came; GV_ENOTFOUND; the rest as above. */
int gv_store_get(struct gv_store *store, const char *name, uint64_t at,
    uint64_t len, const struct gv_store_sink *sink);

/* 0; GV_ENOTFOUND; as above. */
int gv_store_stat(
    struct gv_store_stat *out, struct gv_store *store, const char *name);

/* Report the objects whose names begin with `prefix` and come after `after`
 * (NULL: all), in the order of their bytes, until fn() returns other than 0,
 * which is returned. A name that gv_store_put() would refuse is passed over.
 * 0; as above. */
typedef int
gv_store_list_fn(void *ctx, const char *name, const struct gv_store_stat *stat);
int gv_store_list(struct gv_store *store, const char *prefix, const char *after,
    gv_store_list_fn *fn, void *ctx);

/* Remove an object. 0, also where it is not there; as above, GV_EREFUSED where
 * it is locked. */
int gv_store_delete(struct gv_store *store, const char *name);

/* Report all versions of the objects whose names begin with `prefix`, those of
 * one name in a row; of a store without versions, its objects. *sees_all is
 * false where the store does not tell what it keeps of deleted objects, and the
 * objects alone are reported. 0; as gv_store_list(). */
typedef int
gv_store_version_fn(void *ctx, const struct gv_store_version *version);
int gv_store_versions(bool *sees_all, struct gv_store *store,
    const char *prefix, gv_store_version_fn *fn, void *ctx);

/* Remove a version for good. 0, also where it is not there; GV_EREFUSED or
 * GV_ENOKEY where the store does not let it go, with what is known of its lock
 * in *lock; as above. */
int gv_store_erase(struct gv_store_stat *lock, struct gv_store *store,
    const struct gv_store_version *version);

enum gv_store_keeps gv_store_keeps(const struct gv_store *store);

/* Whether gv_store_versions() can report more than objects. */
bool gv_store_has_versions(const struct gv_store *store);

/* A sum of enum gv_store_promise. Asks a store that is not known for it, by
 * creating the object "probe" twice: in *out. 0; as gv_store_put(). */
int gv_store_promises(unsigned *out, struct gv_store *store);

/* What went over the wire since it was opened; of a folder, what was written
 * and read. */
void gv_store_count(struct gv_store_count *out, const struct gv_store *store);

/* Its address without credentials, for messages. Borrowed. */
const char *gv_store_url(const struct gv_store *store);

/* Whether it can be the name of an object. Pure. */
bool gv_store_is_name(const char *name);

#endif
