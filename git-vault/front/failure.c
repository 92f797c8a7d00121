#include "git-vault/front/failure.h"

#include <string.h>

#include "base/err.h"
#include "base/err_command.h"
#include "format/unjson.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"

static const char mark[] = "\nhint: ";

/* What cannot be pasted: a word that says what is to be put there. */
static bool
has_placeholder(const char *p, size_t len)
{
	static const char *const words[] = { "SNAP", "ID", "TEXT", "FILE",
		"DIR", "NAME", "KEY", "FINGERPRINT", "VERSION", "ENV", "COMMIT",
		"REMOTE", "PATH", "RECIPIENT", "STACK", "STATE", "N", "A..B",
		"...", NULL };
	size_t i, n;

	for (; len > 0; p += n, len -= n) {
		n = strcspn(p, " /:=");
		n = n < len ? n : len;
		for (i = 0; words[i]; i++)
			if (strlen(words[i]) == n &&
			    memcmp(p, words[i], n) == 0)
				return true;
		n += n < len;
	}
	return false;
}

/* How long a word of a shell is; one in quotation marks may hold blanks. */
static size_t
word_len(const char *p)
{
	const char *begin = p, *end;

	for (; *p && *p != ' '; p++) {
		end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
		p = end ? end : p;
	}
	return (size_t)(p - begin);
}

/* Whether it is a command of git's own, and not what git said. */
static bool
is_git_command(const char *p, size_t len)
{
	static const char *const names[] = { "add", "branch", "checkout",
		"clone", "commit", "config", "fetch", "fsck", "push", "rebase",
		"remote", "worktree", NULL };
	const char *arg;
	size_t i, n;

	for (i = 0; names[i]; i++) {
		n = strlen(names[i]);
		arg = p + 4 + n;
		if (len > 4 + n && memcmp(p + 4, names[i], n) == 0 &&
		    *arg == ' ')
			return true;
	}
	return false;
}

/* How many words a form of a usage cannot do without. */
static size_t
count_needed(const char *form, size_t len)
{
	size_t n = 0, i;
	int depth = 0;

	for (i = 0; i < len; i++) {
		if (depth == 0 && !strchr(" []", form[i]) &&
		    (i == 0 || form[i - 1] == ' '))
			n++;
		if (strchr("[(", form[i]))
			depth++;
		else if (strchr("])", form[i]))
			depth--;
	}
	return n;
}

/* Whether there are words enough behind the name of a command, as in no "'git
 * vault unpin' lets go of it". */
static bool
is_complete(const struct gv_cmd *cmd, const char *p, size_t len)
{
	size_t given = count_needed(p, len), i, n;
	const char *form;

	if (len == 2 && memcmp(p, "-h", 2) == 0)
		return true;
	for (i = 0; (form = gv_cmd_verb(cmd, i, &n)) != NULL; i++) {
		bool is_verb = n > 0 && *form >= 'a' && *form <= 'z';

		if (is_verb &&
		    (n > len || memcmp(form, p, n) != 0 ||
			(n < len && p[n] != ' ')))
			continue;
		if (count_needed(form, strcspn(form, "\n")) <= given)
			return true;
	}
	return cmd->verb != NULL && given == 0;
}

/* Whether "git vault [-C DIR]... NAME" begins with the name of a command: not
 * a sentence about git vault. */
static bool
is_command(const struct gv_cmd *const *all, const char *p, size_t len)
{
	static const char vault[] = "git vault ";
	const size_t skip = sizeof(vault) - 1;
	const char *end = p + len;
	size_t n;

	if (len < skip || memcmp(p, vault, skip) != 0)
		return is_git_command(p, len);
	p += skip;
	while (strncmp(p, "-C ", 3) == 0) {
		p += 3;
		p += word_len(p);
		p += *p == ' ';
	}
	n = strcspn(p, " '`;,)\n");
	for (; *all; all++)
		if (strlen((*all)->name) == n &&
		    memcmp((*all)->name, p, n) == 0) {
			p += n + (p[n] == ' ');
			return p >= end
			    ? is_complete(*all, "", 0)
			    : is_complete(*all, p, (size_t)(end - p));
		}
	return false;
}

/* How long the command is that ends with its clause. A word in quotation marks
 * may hold anything. */
static size_t
clause_len(const char *p)
{
	const char *begin = p, *end;

	for (; *p && !strchr(";)\n", *p); p++) {
		if (*p == ',' && p[1] == ' ')
			break;
		end = *p == '\'' ? strchr(p + 1, '\'') : NULL;
		p = end ? end : p;
	}
	while (p > begin && p[-1] == ' ')
		p--;
	return (size_t)(p - begin);
}

/* How long the command is that begins here, behind `before`; 0: none does. */
static size_t
command_len(const char *p, char before)
{
	const char *end;

	switch (before) {
	case '\'':
	case '`':
		end = strncmp(p, "git vault ", 10) == 0 ? strchr(p, before)
							: NULL;
		return end ? (size_t)(end - p) : 0;
	case ':':
	case '(':
		return clause_len(p);
	default:
		return 0;
	}
}

static bool
has_line(const struct gv_buf *lines, const char *p, size_t len)
{
	const char *at = lines->p, *nl;

	for (; (nl = strchr(at, '\n')); at = nl + 1)
		if ((size_t)(nl - at) == len && memcmp(at, p, len) == 0)
			return true;
	return false;
}

/* `start` counts as what stands before the text. */
static void
add_commands(struct gv_buf *commands, const struct gv_cmd *const *all,
    const char *text, size_t len, char start)
{
	const char *p = text, *end = text + len;
	size_t n;
	char before;

	for (; (p = strstr(p, "git ")) != NULL && p < end; p += n ? n : 4) {
		before = p > text ? p[-1] : start;
		if (before == ' ' && p - text >= 2)
			before = p[-2] == ':' ? ':' : ' ';
		n = command_len(p, before);
		/* a name that the message quotes may look like one */
		if (n == 0 || !is_command(all, p, n) || has_placeholder(p, n) ||
		    !gv_err_is_command(p, n))
			continue;
		if (!has_line(commands, p, n)) {
			gv_buf_add(commands, p, n);
			gv_buf_addch(commands, '\n');
		}
	}
}

void
gv_failure_split(struct gv_buf *sentence, struct gv_buf *commands,
    const struct gv_cmd *const *all, const char *message)
{
	const char *hint = strstr(message, mark), *next;
	size_t len = hint ? (size_t)(hint - message) : strlen(message), held;

	gv_buf_add(sentence, message, len);
	for (; hint; hint = next) {
		hint += sizeof(mark) - 1;
		next = strstr(hint, mark);
		len = next ? (size_t)(next - hint) : strlen(hint);
		held = commands->len;
		add_commands(commands, all, hint, len, ':');
		/* advice without a command is not to be lost */
		if (commands->len == held)
			gv_buf_addf(sentence, "; %.*s", (int)len, hint);
	}
	add_commands(commands, all, sentence->p, sentence->len, ' ');
}

void
gv_failure_json(struct gv_json *j, const struct gv_cmd *const *all, int code,
    const char *message)
{
	struct gv_buf sentence = GV_BUF_INIT, commands = GV_BUF_INIT;

	gv_failure_split(&sentence, &commands, all, message);
	gv_json_object(j, NULL);
	gv_json_object(j, "error");
	gv_json_string(j, "code", gv_err_name(code));
	gv_json_text(j, "message", sentence.p, sentence.len);
	gv_json_lines(j, "hints", commands.p);
	gv_json_end(j);
	gv_json_end(j);
	gv_buf_release(&sentence);
	gv_buf_release(&commands);
}

int
gv_failure_status(int r)
{
	switch (r) {
	case GV_ELOCKED:
		return 4;
	case GV_ENOKEY:
		return 5;
	case GV_ECANCELED:
		return 130;
	case GV_EUSAGE:
		return 129;
	default:
		return r < 0 ? 128 : r;
	}
}

bool
gv_failure_is(const struct gv_buf *document)
{
	/* the one member behind "schema" */
	const char *second = strchr(document->p, ',');

	return second && strncmp(second, ",\"error\":", 9) == 0;
}

int
gv_failure_read(struct gv_buf *sentence, struct gv_buf *document)
{
	const struct gv_unjson_node *error, *message;
	struct gv_unjson *doc = NULL;
	int r = gv_unjson_parse(&doc, "git vault", document->p, document->len);

	if (r == GV_ENOMEM)
		return r;
	error = r == 0 ? gv_unjson_get(gv_unjson_root(doc), "error") : NULL;
	message = gv_unjson_get(error, "message");
	r = GV_ENOTFOUND;
	if (message && message->kind == GV_UNJSON_TEXT) {
		gv_buf_add(sentence, message->text, message->len);
		r = gv_buf_check(sentence);
	}
	gv_unjson_free(doc);
	return r;
}
