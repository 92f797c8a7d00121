#ifndef GV_AGE_H
#define GV_AGE_H
/*
 * Files of age, version 1: bytes sealed for some recipients, opened by an
 * identity of one of them, as the program age does. Whole ones in memory, or in
 * a stream where they may be large; in parts for who wraps the file key by a
 * plugin. Nothing in a file tells who sealed it: that takes a signature
 * elsewhere.
 *
 *	r = gv_age_seal(&file, recipients, n, value, len);
 *	r = gv_age_open(&value, identities, n, file.p, file.len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_age_reader;
struct gv_buf;
struct gv_identity;
struct gv_recipient;
struct gv_secret;
struct gv_stanza;
struct gv_stream;

#define GV_AGE_KEY        16 /* bytes of a file key, never used for two files */
#define GV_AGE_MAC        32
#define GV_AGE_HEADER_MAX ((size_t)1024 * 1024)

/* Where bytes go: 0, or negative to stop, which the caller gets. */
typedef int gv_age_sink(void *ctx, const void *data, size_t len);

/* ---- whole files ---- */

/* Append a file that any of these `n` can open. One sealed by passphrase must
 * be the only one. 0; GV_EREFUSED for recipients that cannot be, or not
 * together; GV_ENOMEM; GV_ERROR. `out` is as it was after a failure. */
int gv_age_seal(struct gv_buf *out, const struct gv_recipient *const *to,
    size_t n, const void *data, size_t len);

/* Append what a file holds. 0; GV_ENOKEY where none of these `n` opens it;
 * GV_ECORRUPT, with what is wrong, where it is not as it was sealed;
 * GV_EREFUSED for what we do not read; GV_ENOMEM. `out` is as it was after a
 * failure.
 *
 * Where many files are for the same recipients, `place` saves a multiplication
 * for each of them before ours: the stanza at *place is tried first, and *place
 * is set to the one that opened it. Begin with 0, one a thread; NULL for none.
 */
int gv_age_open(struct gv_secret *out, const struct gv_identity *const *with,
    size_t n, const void *data, size_t len, size_t *place);

/* ---- streams ---- */

/* Begin a file: its header goes to `sink` at once, and what is added to *out,
 * by stream.h, follows it. As gv_age_seal(). */
int gv_age_begin(struct gv_stream **out, const struct gv_recipient *const *to,
    size_t n, gv_age_sink *sink, void *ctx);

/* Open a file that comes in pieces: what is proven goes to `sink`. The
 * identities must outlive the reader. 0 or GV_ENOMEM. */
int gv_age_reader_new(struct gv_age_reader **out,
    const struct gv_identity *const *with, size_t n, gv_age_sink *sink,
    void *ctx);

/* The next bytes of the file; as gv_age_open(), or what the sink returned.
 * After a failure each call fails. */
int gv_age_reader_add(struct gv_age_reader *r, const void *data, size_t len);

/* That was all of it. Only now it is certain that nothing is missing. */
int gv_age_reader_finish(struct gv_age_reader *r);

/* NULL-safe; wipes. */
void gv_age_reader_free(struct gv_age_reader *r);

/* ---- the header in parts ---- */

struct gv_age_header {
	struct gv_stanza *stanzas; /* views of the text */
	size_t n;
	const char *text;
	size_t len;      /* the payload begins behind it */
	size_t mac_over; /* the MAC is over this many bytes of it */
	unsigned char mac[GV_AGE_MAC];
};

/* Read the header that a file begins with; it refers to `data`. 0; GV_ENOTFOUND
 * without a message where `data` ends before the header does; GV_ECORRUPT;
 * GV_EREFUSED for another version, or more than GV_AGE_HEADER_MAX bytes;
 * GV_ENOMEM. */
int gv_age_header_read(struct gv_age_header *out, const void *data, size_t len);

/* Whether bytes begin with the whole header of such a file. */
bool gv_age_is_sealed(const void *data, size_t len);

/* NULL-safe, zeroed ok. */
void gv_age_header_release(struct gv_age_header *h);

/* Whether this file key is that of the header. 0, or GV_ECORRUPT. */
int gv_age_header_check(
    const struct gv_age_header *h, const unsigned char key[GV_AGE_KEY]);

/* Append a header of these stanzas, as text, for a file with this key. 0 or
 * GV_ENOMEM. */
int gv_age_header_add(struct gv_buf *out, const struct gv_buf *stanzas,
    const unsigned char key[GV_AGE_KEY]);

/* Append the stanzas that wrap a file key for these recipients. As
 * gv_age_seal(); a recipient of a plugin needs somebody to run it. */
int gv_age_wrap(struct gv_buf *stanzas, const struct gv_recipient *const *to,
    size_t n, const unsigned char key[GV_AGE_KEY]);

/* Find the file key, and check the header by it. As gv_age_open(); identities
 * of a plugin are asked last, where they have somebody to run it. */
int gv_age_unwrap(unsigned char key[GV_AGE_KEY], const struct gv_age_header *h,
    const struct gv_identity *const *with, size_t n, size_t *place);

#endif
