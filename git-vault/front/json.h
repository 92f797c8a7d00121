#ifndef GV_JSON_OUTPUT_H
#define GV_JSON_OUTPUT_H
/*
 * A JSON document written as it comes, on one line, with a newline behind it.
 * Its first member is "schema", the version of git-vault's documents. In an
 * object every value has a key, in an array and at the top it is NULL. Keys are
 * snake_case, never escaped; git-vault(1) lists the names that mean the same in
 * all documents.
 *
 *	gv_json_object(j, NULL);
 *	gv_json_array(j, "snapshots");
 *	for (...) {
 *		gv_json_object(j, NULL);
 *		gv_json_string(j, "id", rec->id);
 *		gv_json_time(j, "time", rec->time);
 *		gv_json_end(j);
 *	}
 *	gv_json_end(j);
 *	gv_json_end(j);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct gv_oid;
struct gv_out;

#define GV_JSON_DEPTH 64

/* The version of all documents: a higher one may change what a member means. */
#define GV_JSON_SCHEMA 1

struct gv_json {
	struct gv_out *out; /* where it goes; NULL: it stays in `buf` */
	bool is_foreign;    /* in a format of others, without "schema" */
	struct gv_buf buf;
	int depth;
	bool comma;                  /* something stands before in this level */
	char closing[GV_JSON_DEPTH]; /* '}' or ']' of each open level */
};

#define GV_JSON_INIT                                                           \
	{                                                                      \
		.buf = GV_BUF_INIT                                             \
	}

/* Open an object or an array; gv_json_end() closes the innermost, and with
 * the outermost the document. */
void gv_json_object(struct gv_json *j, const char *key);
void gv_json_array(struct gv_json *j, const char *key);
void gv_json_end(struct gv_json *j);

/* A string; NULL gives null. Where the bytes are not UTF-8, the string has
 * U+FFFD in place of those that are not, and a second member KEY_base64 has all
 * of them. In an array (key NULL) this is an object {"text", "text_base64"}. */
void gv_json_string(struct gv_json *j, const char *key, const char *text);
void
gv_json_text(struct gv_json *j, const char *key, const char *text, size_t len);

/* The same for a path; the object in an array is {"path", "path_base64"}. */
void
gv_json_path(struct gv_json *j, const char *key, const char *path, size_t len);

/* The key of a value that the caller writes to `out` itself, now; all before it
 * is handed over. 0 or GV_ENOMEM. */
int gv_json_stream(struct gv_json *j, const char *key);

void gv_json_int(struct gv_json *j, const char *key, int64_t value);
void gv_json_uint(struct gv_json *j, const char *key, uint64_t value);
void gv_json_bool(struct gv_json *j, const char *key, bool value);
void gv_json_null(struct gv_json *j, const char *key);

/* An array of the lines of a text; NULL is empty. */
void gv_json_lines(struct gv_json *j, const char *key, const char *text);

/* Seconds since 1970 as RFC 3339 in UTC. */
void gv_json_time(struct gv_json *j, const char *key, int64_t seconds);

/* An object's name in 40 digits; the zero id gives null. */
void gv_json_oid(struct gv_json *j, const char *key, const struct gv_oid *oid);

/* A value that was written elsewhere, whole and without an `out`. */
void
gv_json_insert(struct gv_json *j, const char *key, const struct gv_json *value);

/* Hand over what is held; 0 or GV_ENOMEM. Called by the frame. */
int gv_json_flush(struct gv_json *j);

/* Forget a document that was begun and cannot be finished, as far as it is
 * still held. A document that is complete stays. */
void gv_json_abandon(struct gv_json *j);
void gv_json_release(struct gv_json *j);

#endif
