#include "store/store_sftp_session.h"

#include <string.h>

#include "base/err.h"
#include "sys/cancel.h"

#define PROTOCOL 3
#define MOST     ((size_t)8 << 20) /* of answers that nobody took yet */
#define ARGV_MAX 24

/* ---- what ssh is given ---- */

static bool
is_of(const char *text, const char *signs)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *p = text;

	while (*p && (strchr(letters, *p) || strchr(signs, *p)))
		p++;
	return *p == '\0' && p > text && p - text < 256 && *text != '-';
}

bool
gv_store_sftp_is_host(const char *text)
{
	return is_of(text, "._-:");
}

bool
gv_store_sftp_is_user(const char *text)
{
	return is_of(text, "._-+@\\");
}

bool
gv_store_sftp_is_port(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 0 && n <= 5 && text[n] == '\0';
}

/* What ssh would forward or run besides is not wanted; what it is to ask a
 * person is an error. The rest is the user's ssh_config(5). */
static int
start(struct gv_store_sftp_session *s)
{
	static const char *const fixed[] = { "ssh", "-T", "-x", "-a", "-o",
		"BatchMode=yes", "-o", "ClearAllForwardings=yes", "-o",
		"PermitLocalCommand=no", "-o", "ConnectTimeout=30", "-o",
		"ServerAliveInterval=15" };
	const char *argv[ARGV_MAX];
	size_t n = sizeof(fixed) / sizeof(*fixed);

	memcpy(argv, fixed, sizeof(fixed));
	if (s->port) {
		argv[n++] = "-p";
		argv[n++] = s->port;
	}
	if (s->user) {
		argv[n++] = "-l";
		argv[n++] = s->user;
	}
	argv[n++] = "-s";
	argv[n++] = "--";
	argv[n++] = s->host;
	argv[n++] = "sftp";
	argv[n] = NULL;
	return gv_proc_start(&s->proc,
	    &(struct gv_proc_opts){
		.argv = argv, .in = "", .most = MOST, .is_apart = true });
}

/* ---- failures ---- */

/* ssh warns first and says at last why it ended. */
static const char *
last_line(struct gv_buf *text)
{
	char *line;

	while (text->len && strchr("\r\n", text->p[text->len - 1]))
		gv_buf_truncate(text, text->len - 1);
	if (text->len == 0)
		return NULL;
	line = strrchr(text->p, '\n');
	return line ? line + 1 : text->p;
}

static int
cut(struct gv_store_sftp_session *s, const char *why)
{
	struct gv_buf said = GV_BUF_INIT;
	const char *line;
	int r;

	if (gv_cancel_requested())
		return gv_cancel_error();
	gv_buf_addstr(&said, s->proc.err.p);
	line = last_line(&said);
	if (line && strncmp(line, "Host key verification", 21) == 0)
		r = gv_err(GV_ENOKEY,
		    "cannot reach %s: its host key is not known, or has "
		    "changed; compare it, and accept it by: ssh %s%s%s%s%s",
		    s->host, s->port ? "-p " : "", s->port ? s->port : "",
		    s->port ? " " : "", "-- ", s->host);
	else if (line && strstr(line, "Permission denied"))
		r = gv_err(GV_ENOKEY,
		    "cannot reach %s: %.200s; the key must be one that ssh "
		    "finds without asking",
		    s->host, line);
	else
		r = gv_err(GV_ERROR, "cannot reach %s: %.200s", s->host,
		    line ? line : why);
	s->is_cut = s->has_worked;
	gv_buf_release(&said);
	return r;
}

/* What a shell of the server prints would be taken for packets. */
static int
odd(struct gv_store_sftp_session *s)
{
	return gv_err(GV_ECORRUPT,
	    "%s does not answer by SFTP: does its shell print something, or is "
	    "sftp missing there?",
	    s->host);
}

/* ---- packets ---- */

static void
end_session(struct gv_store_sftp_session *s)
{
	gv_proc_release(&s->proc);
	s->proc = (struct gv_proc)GV_PROC_INIT;
	s->is_open = false;
	s->due = 0;
	gv_buf_reset(&s->out);
}

/* Have a whole packet at the beginning of s->proc.out, and its length. */
static int
read_packet(size_t *len, struct gv_store_sftp_session *s)
{
	const struct gv_buf *in = &s->proc.out;
	long n = gv_store_sftp_measure(in->p, in->len);
	int r;

	while (n == 0 || (n > 0 && in->len < (size_t)n)) {
		r = gv_proc_talk(
		    &s->proc, "", 0, n ? (size_t)n : 9, s->answer_ms);
		if (r <= 0)
			return cut(s,
			    r == 0 ? "it closed the connection"
				   : "it did not answer in time");
		n = gv_store_sftp_measure(in->p, in->len);
	}
	*len = (size_t)n;
	return n < 0 ? odd(s) : 0;
}

static void
drop_packet(struct gv_store_sftp_session *s, size_t len)
{
	struct gv_buf *in = &s->proc.out;

	memmove(in->p, in->p + len, in->len - len);
	gv_buf_truncate(in, in->len - len);
}

static int
send_out(struct gv_store_sftp_session *s)
{
	int r = gv_buf_check(&s->out);

	if (r == 0 && s->out.len)
		r = gv_proc_talk(
		    &s->proc, s->out.p, s->out.len, 0, s->answer_ms);
	gv_buf_reset(&s->out);
	if (r == GV_ENOMEM)
		return r;
	if (r < 0)
		return cut(s, "it did not answer in time");
	/* what it said before that is read, if it said anything */
	return s->proc.in_fd < 0 &&
		gv_proc_talk(&s->proc, "", 0, 1, s->answer_ms) <= 0
	    ? cut(s, "it closed the connection")
	    : 0;
}

static int
take_one(struct gv_store_sftp_session *s, int *failed,
    gv_store_sftp_take_fn *take, void *ctx)
{
	struct gv_store_sftp_reply reply = { 0 };
	size_t len = 0;
	int r = read_packet(&len, s);

	if (r < 0)
		return r;
	reply.in.p = (const unsigned char *)s->proc.out.p + 4;
	reply.in.left = len - 4;
	reply.type = (unsigned)gv_store_sftp_number(&reply.in, 1);
	reply.id = (uint32_t)gv_store_sftp_number(&reply.in, 4);
	r = take(ctx, &reply);
	if (r < 0 && *failed == 0)
		*failed = r;
	drop_packet(s, len);
	s->due--;
	return 0;
}

int
gv_store_sftp_talk(struct gv_store_sftp_session *s, size_t rest,
    gv_store_sftp_take_fn *take, void *ctx)
{
	int failed = 0, r;

	s->is_cut = false;
	r = send_out(s);
	while (r == 0 && s->due > rest)
		r = take_one(s, &failed, take, ctx);
	if (r < 0)
		end_session(s);
	return r < 0 ? r : failed;
}

uint32_t
gv_store_sftp_next(const struct gv_store_sftp_session *s)
{
	return s->next;
}

size_t
gv_store_sftp_ask(struct gv_store_sftp_session *s, enum gv_store_sftp_type type)
{
	s->due++;
	return gv_store_sftp_begin(&s->out, type, s->next++);
}

/* ---- opening ---- */

static int
take_version(void *ctx, const struct gv_store_sftp_reply *reply)
{
	struct gv_store_sftp_session *s = ctx;
	struct gv_store_sftp_in in = reply->in;
	const char *name;
	size_t len, more;

	if (reply->type != GV_STORE_SFTP_VERSION || reply->id < PROTOCOL)
		return odd(s);
	while (in.left && !in.is_bad) {
		name = gv_store_sftp_text(&in, &len);
		(void)gv_store_sftp_text(&in, &more);
		if (len == 24 &&
		    memcmp(name, "posix-rename@openssh.com", 24) == 0)
			s->can_replace = true;
		if (len == 17 && memcmp(name, "fsync@openssh.com", 17) == 0)
			s->can_flush = true;
	}
	return 0;
}

int
gv_store_sftp_open(struct gv_store_sftp_session *s)
{
	size_t at;
	int r;

	if (s->is_open)
		return 0;
	s->is_cut = false;
	if ((r = start(s)) < 0) {
		end_session(s);
		return r;
	}
	/* the version stands where others have an id */
	at = gv_store_sftp_begin(&s->out, GV_STORE_SFTP_INIT, PROTOCOL);
	gv_store_sftp_end(&s->out, at);
	s->due = 1;
	r = gv_store_sftp_talk(s, 0, take_version, s);
	if (r < 0) {
		end_session(s);
		return r;
	}
	s->is_open = s->has_worked = true;
	return 0;
}

void
gv_store_sftp_close(struct gv_store_sftp_session *s)
{
	if (s == NULL)
		return;
	end_session(s);
	gv_buf_release(&s->out);
}
