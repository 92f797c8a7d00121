#ifndef FAILURE_H
#define FAILURE_H
/*
 * A failure as a JSON document, for a program that asked for JSON: what the
 * text form prints, with the commands that it offers apart.
 *
 *	gv_failure_json(&json, all, GV_ENOTFOUND, gv_err_message());
 *	{"schema":1,"error":{"code":"not_found","message":"there is no snapshot
 *	yet; 'git vault snapshot' takes one","hints":["git vault snapshot"]}}
 */

#include <stdbool.h>

#include "base/buf.h"

struct gv_cmd;
struct gv_json;

/* Take a message of gv_err() apart: its sentence, without the lines that begin
 * with "hint: ", and the commands that it offers, one a line. A command stands
 * behind "hint: " or ": ", or in quotation marks or parentheses; one with a
 * placeholder, such as SNAP, cannot be pasted and is left out. `all` are the
 * commands that there are. */
void gv_failure_split(struct gv_buf *sentence, struct gv_buf *commands,
    const struct gv_cmd *const *all, const char *message);

/* The exit status of what a command returned: a failure has one by its code. */
int gv_failure_status(int r);

/* Write the document. */
void gv_failure_json(struct gv_json *j, const struct gv_cmd *const *all,
    int code, const char *message);

/* Whether a git-vault that this one ran wrote such a document. */
bool gv_failure_is(const struct gv_buf *document);

/* Read the sentence from the error document of a git-vault that this one ran;
 * the document is changed. 0; GV_ENOTFOUND if it is another document;
 * GV_ENOMEM. */
int gv_failure_read(struct gv_buf *sentence, struct gv_buf *document);

#endif
