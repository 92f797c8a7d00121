#ifndef GV_STORE_FORM_H
#define GV_STORE_FORM_H
/*
 * The forms in which stores write values: dates of HTTP, ETags, sums, names of
 * failures, escaped names. Pure.
 *
 *	stat->modified = gv_store_form_time("Fri, 24 May 2013 00:00:00 GMT");
 */

#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_store_stat;

/* Read "Fri, 24 May 2013 00:00:00 GMT"; 0 for anything else. */
int64_t gv_store_form_time(const char *text);

/* Append that for a point in time from 1970 on. */
void gv_store_form_date(struct gv_buf *out, int64_t seconds);

/* A word of letters and digits, or "" for any other text. */
void gv_store_form_word(char *out, size_t size, const char *text);

/* Put an ETag, without its quotes, or an MD5 in base64, where they belong; what
 * is invalid is passed over. */
void gv_store_form_etag(struct gv_store_stat *stat, const char *text);
void gv_store_form_md5(struct gv_store_stat *stat, const char *text);

/* The same in hexadecimal. */
void gv_store_form_md5_hex(struct gv_store_stat *stat, const char *text);

#endif
