#ifndef GV_STREAM_H
#define GV_STREAM_H
/*
 * The payload of an age file: a nonce, and chunks of 64 KiB, each sealed by
 * itself, of which the last is marked. One of these seals or opens; bytes go
 * in as they come, and go out a chunk at a time, so that a value of gigabytes
 * takes 128 KiB. What an opening stream gives out is proven to be what was
 * sealed, up to there; only gv_stream_finish() tells that it was all.
 *
 *	r = gv_stream_new_sealing(&s, key, emit, ctx);
 *	r = gv_stream_add(s, bytes, len);
 *	r = gv_stream_finish(s);
 *	gv_stream_free(s);
 */

#include <stddef.h>

#include "crypto/age.h"

struct gv_buf;
struct gv_secret;
struct gv_stream;

#define GV_STREAM_CHUNK ((size_t)65536)

/* One for a file with this key; its bytes go to `sink`. 0, GV_ENOMEM, GV_ERROR;
 * *out belongs to the caller. */
int gv_stream_new_sealing(struct gv_stream **out,
    const unsigned char key[GV_AGE_KEY], gv_age_sink *sink, void *ctx);
int gv_stream_new_opening(struct gv_stream **out,
    const unsigned char key[GV_AGE_KEY], gv_age_sink *sink, void *ctx);

/* Take the next bytes. 0; what the sink returned; GV_ECORRUPT where they are
 * not what was sealed, in place and order. After a failure each call fails. */
int gv_stream_add(struct gv_stream *s, const void *data, size_t len);

/* That was all. 0, or as for gv_stream_add(): GV_ECORRUPT also where the end is
 * missing. */
int gv_stream_finish(struct gv_stream *s);

/* The same for what is in memory as a whole: append the sealed payload, or what
 * it holds. Results as above; `out` is as it was after a failure. */
int gv_stream_seal(struct gv_buf *out, const unsigned char key[GV_AGE_KEY],
    const void *data, size_t len);
int gv_stream_open(struct gv_secret *out, const unsigned char key[GV_AGE_KEY],
    const void *data, size_t len);

/* NULL-safe; wipes. */
void gv_stream_free(struct gv_stream *s);

#endif
