#ifndef GV_OUT_H
#define GV_OUT_H
/*
 * The one printing place: text on stdout with colour, columns and pager by
 * Git's rules, messages on stderr. Nothing here fails at once: a full disk or
 * a reader that went away is remembered, further output is dropped, and the
 * frame reports it at the end. Not thread safe.
 *
 *	static const struct gv_out_column columns[] = {
 *		{ .head = "ID", .whole = true },
 *		{ .head = "FILES", .right = true, .extra = 1 },
 *		{ .head = "SUBJECT", .cut = true },
 *	};
 *
 *	gv_out_columns(out, columns, 3);
 *	for (...) {
 *		gv_out_cell_id(out, GV_OUT_ID, rec->id);
 *		gv_out_cell(out, GV_OUT_PLAIN, "%" PRIu64, rec->files);
 *		gv_out_cell_text(out, GV_OUT_PLAIN, rec->subject);
 *	}
 *	gv_out_columns_end(out);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_config;
struct gv_out;
struct gv_progress;

/* What a piece of text is; each has a colour that color.vault.<slot> can
 * change. */
enum gv_out_slot {
	GV_OUT_PLAIN,
	GV_OUT_HEAD,    /* heading */
	GV_OUT_ID,      /* a snapshot's or object's id */
	GV_OUT_TAG,     /* tag, branch */
	GV_OUT_DIM,     /* beside the point: ages, hints */
	GV_OUT_ADDED,   /* added, good, clean */
	GV_OUT_REMOVED, /* removed, damaged */
	GV_OUT_CHANGED, /* changed, attention */
	GV_OUT_SLOTS
};

struct gv_out_column {
	const char *head;    /* NULL in all columns: no heading line */
	bool right;          /* numbers: aligned at the right */
	bool cut;            /* may be cut to what the terminal has room for */
	bool wrap;           /* sentences, in the last column: cut they are not,
				but go on below */
	bool varies;         /* left out where all rows have the same */
	bool whole;          /* cut only where nothing else can be: ids, ages */
	unsigned char extra; /* left out where there is no room: 1 is the last
				to go; 0: never */
};

struct gv_out_opts {
	int color;     /* --color: -1 as configured, 0 never, 1 always, 2 auto*/
	bool no_pager; /* --no-pager */
	bool is_long;  /* --long */
	bool unnamed;  /* messages without "git-vault:", an error with "error:":
			  for a user who has typed the command */
	int verbosity; /* -1, 0, 1, 2 */
	struct gv_progress *progress; /* cleared before a message; may be
					 NULL */
};

/* Begin. No colour and no pager until gv_out_configure() knows better. */
int gv_out_new(struct gv_out **out, const struct gv_out_opts *opts);

/* Take colours and pager from the configuration. `pager`: whether this output
 * goes through a pager by itself; it starts with the first byte. */
void gv_out_configure(struct gv_out *o, const struct gv_config *c, bool pager);

/* Start none after all: for a command that is going to ask, before it prints. A
 * pager would have the terminal that the answer comes from. */
void gv_out_without_pager(struct gv_out *o);

/* Write out what is held. 0; GV_ERROR where stdout takes no more (the reason
 * in the message, once); GV_ECANCELED where the user interrupted it. A reader
 * that went away is no error. */
int gv_out_flush(struct gv_out *o);

/* Drop what is held. Whether a document can begin on stdout: nothing was
 * written to it yet, and it takes what comes. */
bool gv_out_drop(struct gv_out *o);

/* Flush, let the pager finish, and close stdout; messages still go to stderr.
 * As gv_out_flush(). */
int gv_out_finish(struct gv_out *o);

/* Free; NULL-safe. */
void gv_out_free(struct gv_out *o);

/* --- text on stdout --- */

/* In printf's manner; for text that is ours or safe. */
void gv_out_printf(struct gv_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* End the line that text without a newline at its end has left. */
void gv_out_end_line(struct gv_out *o);

/* The same in a slot's colour. */
void gv_out_paint(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* An id that a script takes from stdout: in colour on a terminal only, whatever
 * the configuration or --color says. */
void gv_out_id(struct gv_out *o, const char *id);

/* Bytes as they are (the content of a file). */
void gv_out_write(struct gv_out *o, const void *data, size_t len);

/* The same at once, with no copy held back: bytes with values in them. */
void gv_out_pass(struct gv_out *o, const void *data, size_t len);

/* The same for values and files that a person may look at: on a terminal
 * control characters are made visible, but for ends of lines and tabs. */
void gv_out_show(struct gv_out *o, const void *data, size_t len);

/* The same for a line of a difference and its LF, in a slot's colour where
 * git's differences are coloured. On a terminal, control characters are made
 * visible. */
void gv_out_pass_line(
    struct gv_out *o, enum gv_out_slot slot, const char *line, size_t len);

/* The same for all lines of a unified difference. */
void gv_out_pass_patch(struct gv_out *o, const char *text, size_t len);

/* Text from elsewhere on one line: control characters and bytes that are not
 * UTF-8 are made visible (\033), so that nothing reaches the terminal. */
void gv_out_text(struct gv_out *o, const char *text, size_t len);

/* A path, C-quoted where it is odd, as core.quotePath says. */
void gv_out_path(struct gv_out *o, const char *path, size_t len);

/* Whether going on makes no sense: stdout failed, its reader went away, or
 * the user interrupted us. Ask in long loops. */
bool gv_out_stopped(struct gv_out *o);

/* --- columns, aligned by the width that text has on a terminal --- */

/* Whether lines are to fit the terminal: it is one, or a pager before one, and
 * --long was not given. A program that reads them gets all of it, always. */
bool gv_out_is_fitted(const struct gv_out *o);

/* gv_out_text(), cut to what the terminal leaves behind `used` columns, where
 * lines are to fit it. */
void
gv_out_text_fitted(struct gv_out *o, const char *text, size_t len, size_t used);

/* The same appended to a buffer, from which it is printed. */
void gv_out_add_fitted(const struct gv_out *o, struct gv_buf *to,
    const char *text, size_t len, size_t used);

/* gv_out_text() of sentences, with the line's end. Where lines are to fit the
 * terminal they are broken at blanks, and go on below with an indent; the first
 * one begins behind `used` columns. */
void gv_out_prose(struct gv_out *o, const char *text, size_t len, size_t used);

/* The same for lines that are put together by several calls, in colour: what is
 * printed between the two is broken where lines are to fit the terminal. */
size_t gv_out_fold_begin(struct gv_out *o);
void gv_out_fold_end(struct gv_out *o, size_t mark);

/* Begin a table; `columns` must stay until the end. */
void
gv_out_columns(struct gv_out *o, const struct gv_out_column *columns, size_t n);

/* The next cell; every n cells make a row. The text is made safe as
 * gv_out_text() does it. */
void gv_out_cell(struct gv_out *o, enum gv_out_slot slot, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void
gv_out_cell_text(struct gv_out *o, enum gv_out_slot slot, const char *text);

/* The same of a buffer, which is emptied. */
void
gv_out_cell_buf(struct gv_out *o, enum gv_out_slot slot, struct gv_buf *text);

/* The id of a snapshot as a table has it: where lines are to fit the terminal,
 * its last eight digits. It points into `id`. */
const char *gv_out_short_id(const struct gv_out *o, const char *id);

/* The same for an id. Where lines are to fit the terminal it is eight digits,
 * the last ones of a snapshot's and the first ones of any other; the commands
 * take them for the id. */
void gv_out_cell_id(struct gv_out *o, enum gv_out_slot slot, const char *id);

/* The same for a path, quoted as gv_out_path() does it. */
void gv_out_cell_path(
    struct gv_out *o, enum gv_out_slot slot, const char *path, size_t len);

/* Print the rows; without any there is no heading either. */
void gv_out_columns_end(struct gv_out *o);

/* --- messages on stderr, each a sentence without a full stop; those that are
 * `unnamed` begin without "git-vault:" --- */

/* "git-vault: …", not with -q. What was done goes here only where stdout
 * carries something else. */
void gv_out_say(struct gv_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, only with -v. */
void gv_out_detail(struct gv_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "git-vault: warning: …", always. */
void gv_out_warn(struct gv_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A document for programs in place of a message, as it is. */
void gv_out_report(struct gv_out *o, const char *text, size_t len);

/* "git-vault: …", always: for the frame, which prints a failure once. */
void gv_out_error(struct gv_out *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --- for a program that prints in our place --- */

/* Flush, start the pager if it is due, and tell whether a git that inherits
 * stdout should colour its differences: there color.diff counts, too. */
bool gv_out_hand_over(struct gv_out *o);

/* --- small forms --- */

#define GV_OUT_SIZE_MAX 32

/* "0 bytes", "999 bytes", "1.21 KiB", "118 MiB". */
void gv_out_size(char out[GV_OUT_SIZE_MAX], uint64_t bytes);

/* "1 file", "2 files", "no files": `one` with an 's' behind it for several. */
void gv_out_count(char out[GV_OUT_SIZE_MAX], uint64_t n, const char *one);

#endif
