#include "crypto/plugin.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "crypto/identity.h"
#include "crypto/plugin_internal.h"
#include "crypto/recipient.h"
#include "crypto/stanza.h"

/*
 * First we speak, and nobody answers:
 *
 *	wrap	-> add-recipient age1name1…     -> add-identity AGE-PLUGIN-…
 *		-> wrap-file-key KEY            -> extension-labels
 *	unwrap	-> add-identity AGE-PLUGIN-…
 *		-> recipient-stanza FILE type words…, and the body
 *	both	-> done
 *
 * then the plugin does, and each word of it is answered (plugin_command.c),
 * until it says done.
 */

#define PENDING_MAX ((size_t)1024 * 1024)

/* A name goes into that of a program, so it has no slash. */
static bool
is_of_names(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-_.+", c));
}

int
gv_plugin_name(char **out, const char *text, size_t len)
{
	char *name;
	size_t i;

	name = malloc(len + 1);
	if (name == NULL)
		return gv_err_nomem();
	for (i = 0; i < len; i++) {
		char c = text[i];

		name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if (!is_of_names(name[i]))
			break;
	}
	name[len] = '\0';
	if (len == 0 || i < len) {
		free(name);
		return gv_err(GV_ECORRUPT,
		    "a key of a plugin whose name is "
		    "not of letters, digits and -_.+");
	}
	*out = name;
	return 0;
}

const char *
gv_plugin_flag(enum gv_plugin_task task)
{
	return task == GV_PLUGIN_WRAP ? "--age-plugin=recipient-v1"
				      : "--age-plugin=identity-v1";
}

int
gv_plugin_new(struct gv_plugin **out, const char *name,
    enum gv_plugin_task task, const struct gv_plugin_calls *calls)
{
	struct gv_plugin *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return gv_err_nomem();
	p->name = strdup(name);
	p->task = task;
	p->calls = *calls;
	p->labels = (struct gv_buf)GV_BUF_INIT;
	p->complaint = (struct gv_buf)GV_BUF_INIT;
	if (p->name == NULL) {
		gv_plugin_free(p);
		return gv_err_nomem();
	}
	*out = p;
	return 0;
}

/* ---- what we say ------------------------------------------------------- */

/* 0 where it is still our turn, and for this task. */
static int
check_turn(const struct gv_plugin *p, bool right_task)
{
	if (p->started || !right_task)
		return gv_err(GV_EUSAGE,
		    "age-plugin-%s received a message out of turn", p->name);
	return 0;
}

static int
say(struct gv_plugin *p, const char *command, const char *word,
    const void *body, size_t len)
{
	const char *words[2] = { command, word };
	struct gv_stanza_parts parts = { words, word ? 2 : 1, body, len };

	return gv_stanza_tell(&p->out, &parts);
}

static int
check_name(const struct gv_plugin *p, const char *name)
{
	if (name == NULL || strcmp(name, p->name) != 0)
		return gv_err(
		    GV_EUSAGE, "a key is not one of age-plugin-%s", p->name);
	return 0;
}

int
gv_plugin_add_recipient(
    struct gv_plugin *p, const struct gv_recipient *recipient)
{
	int r = check_turn(p, p->task == GV_PLUGIN_WRAP);

	if (r == 0 && (r = check_name(p, recipient->plugin)) == 0)
		r = say(p, "add-recipient", recipient->text, NULL, 0);
	p->n_keys += r == 0;
	return r;
}

/* Not by say(): what a plugin's identity holds is secret, and has no NUL. */
int
gv_plugin_add_identity(struct gv_plugin *p, const struct gv_identity *identity)
{
	static const char command[] = "-> add-identity ";
	int r;

	if ((r = check_turn(p, true)) < 0 ||
	    (r = check_name(p, identity->plugin)) < 0 ||
	    (r = gv_secret_grow(&p->out, identity->secret.len + 64)) < 0)
		return r;
	gv_secret_add(&p->out, command, sizeof(command) - 1);
	gv_secret_add(&p->out, identity->secret.p, identity->secret.len);
	gv_secret_add(&p->out, "\n\n", 2);
	p->n_keys++;
	return 0;
}

int
gv_plugin_add_key(struct gv_plugin *p, const unsigned char key[GV_AGE_KEY])
{
	int r = check_turn(p, p->task == GV_PLUGIN_WRAP);

	if (r == 0)
		r = say(p, "wrap-file-key", NULL, key, GV_AGE_KEY);
	p->n_files += r == 0;
	return r;
}

/* As it stands in the header, with two words before it. */
static int
say_stanza(struct gv_buf *out, size_t file, const struct gv_stanza *s)
{
	gv_buf_addf(out, "-> recipient-stanza %zu %.*s\n", file,
	    (int)s->line_len, s->line);
	gv_buf_add(out, s->text, s->text_len);
	return gv_buf_check(out);
}

int
gv_plugin_add_header(struct gv_plugin *p, const struct gv_age_header *h)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = check_turn(p, p->task == GV_PLUGIN_UNWRAP);

	for (i = 0; i < h->n && r == 0; i++)
		r = say_stanza(&text, p->n_files, &h->stanzas[i]);
	if (r == 0)
		r = gv_secret_add(&p->out, text.p, text.len);
	p->n_files += r == 0;
	gv_buf_release(&text);
	return r;
}

/* Where what it finds goes. */
static int
make_room(struct gv_plugin *p)
{
	size_t i;
	int r;

	if (p->task == GV_PLUGIN_WRAP) {
		p->stanzas = calloc(p->n_files, sizeof(*p->stanzas));
		for (i = 0; p->stanzas && i < p->n_files; i++)
			p->stanzas[i] = (struct gv_buf)GV_BUF_INIT;
		return p->stanzas ? 0 : gv_err_nomem();
	}
	p->found = calloc(p->n_files, sizeof(*p->found));
	if (p->found == NULL)
		return gv_err_nomem();
	if ((r = gv_secret_grow(&p->keys, p->n_files * GV_AGE_KEY)) == 0)
		p->keys.len = p->n_files * GV_AGE_KEY;
	return r;
}

int
gv_plugin_start(struct gv_plugin *p)
{
	int r;

	if ((r = check_turn(p, true)) < 0)
		goto out;
	if (p->n_keys == 0 || p->n_files == 0) {
		r = gv_err(
		    GV_EUSAGE, "age-plugin-%s has nothing to do", p->name);
		goto out;
	}
	if ((r = make_room(p)) < 0)
		goto out;
	if (p->task == GV_PLUGIN_WRAP &&
	    (r = say(p, "extension-labels", NULL, NULL, 0)) < 0)
		goto out;
	r = say(p, "done", NULL, NULL, 0);
out:
	p->started = true;
	p->failed = r;
	return r;
}

/* ---- what it says ------------------------------------------------------ */

const struct gv_secret *
gv_plugin_output(const struct gv_plugin *p)
{
	return &p->out;
}

void
gv_plugin_wrote(struct gv_plugin *p, size_t len)
{
	gv_secret_drop(&p->out, len);
}

/* All stanzas that are whole. */
static int
take_stanzas(struct gv_plugin *p)
{
	struct gv_stanza s;
	size_t at = 0, used;
	int r = 0;

	while (r == 0 && at < p->in.len && !p->done) {
		r = gv_stanza_read(
		    &s, &used, (const char *)p->in.p + at, p->in.len - at);
		if (r == GV_ECORRUPT)
			r = gv_err_in(r, "age-plugin-%s", p->name);
		if (r < 0)
			break;
		r = gv_plugin_obey(p, &s);
		at += used;
	}
	gv_secret_drop(&p->in, at);
	return r == GV_ENOTFOUND ? 0 : r;
}

int
gv_plugin_input(struct gv_plugin *p, const void *data, size_t len)
{
	int r = p->failed;

	if (r < 0 || len == 0)
		return r;
	if (!p->started || p->done)
		r = gv_err(
		    GV_ECORRUPT, "age-plugin-%s speaks out of turn", p->name);
	if (r == 0 && (r = gv_secret_add(&p->in, data, len)) == 0 &&
	    (r = take_stanzas(p)) == 0 &&
	    p->in.len > (p->done ? 0 : PENDING_MAX))
		r = gv_err(GV_ECORRUPT, "age-plugin-%s says %s", p->name,
		    p->done ? "more after its last word"
			    : "more at once than allowed");
	p->failed = r;
	return r;
}

bool
gv_plugin_is_done(const struct gv_plugin *p)
{
	return p->done;
}

/* ---- what came of it --------------------------------------------------- */

int
gv_plugin_end(struct gv_plugin *p)
{
	size_t i;

	if (p->failed < 0)
		return p->failed;
	if (!p->done)
		return gv_err(GV_ECORRUPT, "age-plugin-%s ended early%s%s",
		    p->name, p->complaint.len ? ": " : "", p->complaint.p);
	if (p->task == GV_PLUGIN_UNWRAP)
		return 0;
	if (p->complaint.len)
		return gv_err(
		    GV_EREFUSED, "age-plugin-%s: %s", p->name, p->complaint.p);
	for (i = 0; i < p->n_files; i++)
		if (p->stanzas[i].len == 0)
			return gv_err(GV_EREFUSED,
			    "age-plugin-%s did not encrypt all that it was "
			    "asked to",
			    p->name);
	return 0;
}

int
gv_plugin_stanzas(struct gv_buf *out, const struct gv_plugin *p, size_t file)
{
	gv_buf_add(out, p->stanzas[file].p, p->stanzas[file].len);
	return gv_buf_check(out);
}

const char *
gv_plugin_labels(const struct gv_plugin *p)
{
	return p->labels.p;
}

int
gv_plugin_key(
    unsigned char key[GV_AGE_KEY], const struct gv_plugin *p, size_t file)
{
	if (!p->found[file])
		return gv_err(GV_ENOKEY, "age-plugin-%s %s", p->name,
		    p->complaint.len ? p->complaint.p
				     : "has no key that decrypts it");
	memcpy(key, p->keys.p + file * GV_AGE_KEY, GV_AGE_KEY);
	return 0;
}

void
gv_plugin_free(struct gv_plugin *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; p->stanzas && i < p->n_files; i++)
		gv_buf_release(&p->stanzas[i]);
	free(p->stanzas);
	free(p->found);
	free(p->name);
	gv_secret_release(&p->out);
	gv_secret_release(&p->in);
	gv_secret_release(&p->keys);
	gv_buf_release(&p->labels);
	gv_buf_release(&p->complaint);
	free(p);
}
