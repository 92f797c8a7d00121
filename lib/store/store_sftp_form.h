#ifndef GV_STORE_SFTP_FORM_H
#define GV_STORE_SFTP_FORM_H
/*
 * Packets of SFTP, version 3 (draft-ietf-secsh-filexfer-02), as bytes: each a
 * length, a type, an id and what the type has. Pure.
 *
 *	at = gv_store_sftp_begin(&out, GV_STORE_SFTP_REMOVE, id);
 *	gv_store_sftp_add(&out, path, strlen(path));
 *	gv_store_sftp_end(&out, at);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;

enum gv_store_sftp_type {
	GV_STORE_SFTP_INIT = 1,
	GV_STORE_SFTP_VERSION = 2,
	GV_STORE_SFTP_OPEN = 3,
	GV_STORE_SFTP_CLOSE = 4,
	GV_STORE_SFTP_READ = 5,
	GV_STORE_SFTP_WRITE = 6,
	GV_STORE_SFTP_LSTAT = 7,
	GV_STORE_SFTP_OPENDIR = 11,
	GV_STORE_SFTP_READDIR = 12,
	GV_STORE_SFTP_REMOVE = 13,
	GV_STORE_SFTP_MKDIR = 14,
	GV_STORE_SFTP_RENAME = 18,
	GV_STORE_SFTP_STATUS = 101,
	GV_STORE_SFTP_HANDLE = 102,
	GV_STORE_SFTP_DATA = 103,
	GV_STORE_SFTP_NAME = 104,
	GV_STORE_SFTP_ATTRS = 105,
	GV_STORE_SFTP_EXTENDED = 200,
};

enum gv_store_sftp_status {
	GV_STORE_SFTP_OK = 0,
	GV_STORE_SFTP_EOF = 1,
	GV_STORE_SFTP_MISSING = 2,
	GV_STORE_SFTP_DENIED = 3,
	GV_STORE_SFTP_FAILED = 4,
	GV_STORE_SFTP_UNKNOWN = 8, /* it does not know that request */
};

#define GV_STORE_SFTP_PACKET_MAX ((size_t)1 << 18)

/* ---- what is sent ---- */

/* Begin a packet at the end of *out; what is returned goes to _end(). */
size_t gv_store_sftp_begin(
    struct gv_buf *out, enum gv_store_sftp_type type, uint32_t id);
void gv_store_sftp_add(struct gv_buf *out, const void *data, size_t len);
void gv_store_sftp_end(struct gv_buf *out, size_t at);

/* ---- what comes ---- */

/* What is left of a packet. Reading beyond its end sets is_bad and gives
 * nothing. */
struct gv_store_sftp_in {
	const unsigned char *p;
	size_t left;
	bool is_bad;
};

struct gv_store_sftp_attrs {
	uint64_t size;
	int64_t modified; /* 0: it does not say */
	bool has_size, is_file, is_folder;
};

/* How long the packet is that begins there, its length included: 0 where that
 * is not known yet, -1 where it cannot be a packet. */
long gv_store_sftp_measure(const void *data, size_t len);

/* The next number of `n` bytes; the next text, borrowed. */
uint64_t gv_store_sftp_number(struct gv_store_sftp_in *in, size_t n);
const char *gv_store_sftp_text(struct gv_store_sftp_in *in, size_t *len);
void gv_store_sftp_attrs(
    struct gv_store_sftp_attrs *out, struct gv_store_sftp_in *in);

/* Report each entry of a NAME packet, behind its id. 0; GV_ECORRUPT without a
 * message; what fn() returned. */
typedef int gv_store_sftp_fn(void *ctx, const char *name, size_t len,
    const struct gv_store_sftp_attrs *attrs);
int gv_store_sftp_names(
    struct gv_store_sftp_in *in, gv_store_sftp_fn *fn, void *ctx);

#endif
