#ifndef GV_SCANNER_H
#define GV_SCANNER_H
/*
 * Scanners written by hand, for what no single pattern describes well: a
 * private key of many lines or of one, a JSON web token, the password in a URL.
 * Each looks around one place where its anchor stands, and not far.
 *
 *	scan = gv_scanner_find("pem");
 *	if (scan(&found, text, len, at)) …
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_scanner_hit {
	size_t at, len;     /* the secret */
	bool is_proved;     /* its structure says that it is one */
	bool is_formed;     /* says what it is, whatever else it looks like */
	bool is_weak;       /* encrypted, unsigned: less than it seems */
	bool is_passing;    /* counts for a year at most, as it says */
	size_t user, users; /* of a URL: who it is the password of */
	size_t name, names; /* of a literal: what it is assigned to */
};

/* Whether there is one at the anchor that stands at `at`; then *out. */
typedef bool (*gv_scanner_fn)(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);

/* The scanner of that name, or NULL. */
gv_scanner_fn gv_scanner_find(const char *name);

/* The word at `at`: up to a blank, or to the quote that opens it or that it is
 * in. False where there is none. */
bool gv_scanner_word(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);

/* Passwords of SQL statements, of command lines such as curl -u, of sessions in
 * cookies, and of what configures a device of a network. */
bool gv_scanner_sql(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);
bool gv_scanner_command(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);
bool gv_scanner_cookie(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);
bool gv_scanner_device(
    struct gv_scanner_hit *out, const char *text, size_t len, size_t at);

#endif
