#ifndef CRE2_H
#define CRE2_H
/*
 * RE2 for C: as much of the cre2 library's interface as we call, over the
 * system's RE2, for systems that have no cre2. Regular expressions that never
 * backtrack: a match takes time linear in the text.
 *
 *	cre2_options_t *opt = cre2_opt_new();
 *	cre2_regexp_t *re = cre2_new("gh[po]_[a-z]{4}", 15, opt);
 *	cre2_match(re, text, len, from, to, CRE2_ANCHOR_START, &m, 1);
 */

#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>

typedef void cre2_options_t;
typedef void cre2_regexp_t;

/* A piece of a text; data is NULL where a group took no part. */
typedef struct cre2_string_t {
	const char *data;
	int length;
} cre2_string_t;

typedef enum cre2_anchor_t {
	CRE2_UNANCHORED = 1,
	CRE2_ANCHOR_START = 2,
	CRE2_ANCHOR_BOTH = 3,
} cre2_anchor_t;

typedef enum cre2_encoding_t {
	CRE2_UNKNOWN = 0,
	CRE2_UTF8 = 1,
	CRE2_Latin1 = 2,
} cre2_encoding_t;

/* Options of RE2's defaults, or NULL without memory; the caller deletes them,
 * also right after cre2_new(). */
cre2_options_t *cre2_opt_new(void);
void cre2_opt_delete(cre2_options_t *opt);

void cre2_opt_set_log_errors(cre2_options_t *opt, int flag);
void cre2_opt_set_case_sensitive(cre2_options_t *opt, int flag);
void cre2_opt_set_encoding(cre2_options_t *opt, cre2_encoding_t encoding);
/* No part of a pattern matches the end of a line. */
void cre2_opt_set_never_nl(cre2_options_t *opt, int flag);
/* Bytes that the compiled pattern and its automata may take. */
void cre2_opt_set_max_mem(cre2_options_t *opt, int64_t bytes);

/* Compile. NULL without memory; else an object whose cre2_error_code() is to
 * be asked, and which the caller deletes. It may be shared by threads. */
cre2_regexp_t *
cre2_new(const char *pattern, int length, const cre2_options_t *opt);
void cre2_delete(cre2_regexp_t *re);

/* 0, or the pattern is invalid: a sentence that lives as long as it. */
int cre2_error_code(const cre2_regexp_t *re);
const char *cre2_error_string(const cre2_regexp_t *re);
int cre2_num_capturing_groups(const cre2_regexp_t *re);
/* How many steps it was compiled to: one at least for each byte of the longest
 * match of a pattern whose repeats are bounded. */
int cre2_program_size(const cre2_regexp_t *re);

/* Match from text[start] on, nothing behind text[end] being seen but for \b
 * and $; the whole text is what context is read from. match[0] is all of it,
 * then the groups, `n` at most; with n 0 it is only told whether (which is
 * several times faster). 1 or 0. */
int cre2_match(const cre2_regexp_t *re, const char *text, int length, int start,
    int end, cre2_anchor_t anchor, cre2_string_t *match, int n);

#ifdef __cplusplus
}
#endif

#endif
