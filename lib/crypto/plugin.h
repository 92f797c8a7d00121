#ifndef GV_PLUGIN_H
#define GV_PLUGIN_H
/*
 * The talk with a plugin of age: a program that wraps and unwraps file keys by
 * what only it knows, such as keys in hardware. This is the talk alone, bytes
 * for the program and bytes from it; who starts the program
 * (age-plugin-NAME FLAG, found by PATH and nowhere else) writes and reads them.
 * One talk is for any number of files, so that a key is touched once.
 *
 *	r = gv_plugin_new(&p, name, GV_PLUGIN_UNWRAP, &calls);
 *	r = gv_plugin_add_identity(p, id);
 *	r = gv_plugin_add_header(p, header);	each; files count from 0
 *	r = gv_plugin_start(p);
 *	while (!gv_plugin_is_done(p))
 *		write gv_plugin_output(p), gv_plugin_wrote(p, n), read,
 *		r = gv_plugin_input(p, bytes, n);
 *	r = gv_plugin_end(p);
 *	r = gv_plugin_key(key, p, 0);
 */

#include <stdbool.h>
#include <stddef.h>

#include "crypto/age.h"

struct gv_plugin;

#define GV_PLUGIN_PROGRAM "age-plugin-" /* and the name */

enum gv_plugin_task {
	GV_PLUGIN_WRAP,
	GV_PLUGIN_UNWRAP,
};

/* What a plugin says or asks. Its texts are its own: any bytes, not
 * NUL-terminated, to be made harmless before a terminal gets them. */
struct gv_plugin_question {
	const char *plugin; /* its name */
	const char *text;
	size_t len;
	const char *yes; /* what the choices are called; `no` may be NULL */
	size_t yes_len;
	const char *no;
	size_t no_len;
	bool secret; /* the answer is not to be shown */
};

/* How it reaches the user. Each returns 0, or negative where that cannot be
 * done, as for NULL; the plugin gets that answer. */
struct gv_plugin_calls {
	int (*tell)(void *ctx, const struct gv_plugin_question *q);
	int (*confirm)(
	    void *ctx, const struct gv_plugin_question *q, bool *yes);
	int (*ask)(void *ctx, const struct gv_plugin_question *q,
	    struct gv_secret *answer);
	void *ctx;
};

/* Who starts programs: what a recipient or an identity of a plugin needs so
 * that files are sealed for it and opened by it like for any other. `run`
 * carries a talk that was begun to where the program has said all: 0 also where
 * it died, which gv_plugin_end() tells; negative where it could not be started.
 */
struct gv_plugin_runner {
	int (*run)(const struct gv_plugin_runner *self, struct gv_plugin *p,
	    const char *name, enum gv_plugin_task task);
	struct gv_plugin_calls calls;
};

/* The name of a plugin, in small letters, malloc'd, of the text that keys have
 * it in. 0; GV_ECORRUPT where that is no such name, and so nothing to look for
 * a program by; GV_ENOMEM. */
int gv_plugin_name(char **out, const char *text, size_t len);

/* The argument that the program is started with. */
const char *gv_plugin_flag(enum gv_plugin_task task);

/* Begin a talk; *out is the caller's, `calls` is copied. 0 or GV_ENOMEM. */
int gv_plugin_new(struct gv_plugin **out, const char *name,
    enum gv_plugin_task task, const struct gv_plugin_calls *calls);

/* What to wrap for: recipients, or whom an identity stands for; what to unwrap
 * by: identities. All of this plugin. 0; GV_EUSAGE for what is of another, or
 * after the start; GV_ENOMEM. */
int gv_plugin_add_recipient(
    struct gv_plugin *p, const struct gv_recipient *recipient);
int
gv_plugin_add_identity(struct gv_plugin *p, const struct gv_identity *identity);

/* One more file to wrap the key of, or to unwrap it by its header. The first is
 * number 0. As above. */
int gv_plugin_add_key(struct gv_plugin *p, const unsigned char key[GV_AGE_KEY]);
int gv_plugin_add_header(struct gv_plugin *p, const struct gv_age_header *h);

/* That was all of it; now there is something to write. 0, GV_EUSAGE,
 * GV_ENOMEM. */
int gv_plugin_start(struct gv_plugin *p);

/* What the program is to be told next, until gv_plugin_wrote() takes it off;
 * empty while it is the program's turn. */
const struct gv_secret *gv_plugin_output(const struct gv_plugin *p);
void gv_plugin_wrote(struct gv_plugin *p, size_t len);

/* Take what the program said, in any pieces, and answer. 0; GV_ECORRUPT where
 * it does not keep to the protocol; GV_ENOMEM. After a failure each call fails:
 * end the program. */
int gv_plugin_input(struct gv_plugin *p, const void *data, size_t len);

/* Whether it has said all. */
bool gv_plugin_is_done(const struct gv_plugin *p);

/* No more comes. 0; GV_ECORRUPT where it did not say all; of wrapping also
 * GV_EREFUSED with what it complained of, or for what it left out. */
int gv_plugin_end(struct gv_plugin *p);

/* After the end of wrapping: append the stanzas of a file. 0 or GV_ENOMEM. */
int
gv_plugin_stanzas(struct gv_buf *out, const struct gv_plugin *p, size_t file);

/* The labels of them, in order, with a space between; "" for none. A file may
 * have recipients of one set of labels only; our own have none. */
const char *gv_plugin_labels(const struct gv_plugin *p);

/* After the end of unwrapping: a file's key, to be held against its header by
 * gv_age_header_check(). 0; GV_ENOKEY, with what the plugin complained of. */
int gv_plugin_key(
    unsigned char key[GV_AGE_KEY], const struct gv_plugin *p, size_t file);

/* NULL-safe; wipes. */
void gv_plugin_free(struct gv_plugin *p);

/* ---- one file at a time, by the runner of its key ---- */

/* Append the stanzas that wrap a file key for a recipient. 0; GV_EREFUSED where
 * it has no runner, or its files have no others; GV_ENOTFOUND where there is no
 * such program; as gv_plugin_end(). */
int gv_plugin_wrap_one(struct gv_buf *out, const struct gv_recipient *to,
    const unsigned char key[GV_AGE_KEY]);

/* Find the key of a file, by an identity that has a runner. 0; GV_ENOKEY. */
int gv_plugin_unwrap_one(unsigned char key[GV_AGE_KEY],
    const struct gv_identity *id, const struct gv_age_header *h);

#endif
