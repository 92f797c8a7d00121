#ifndef GV_SHELL_H
#define GV_SHELL_H
/*
 * Words of a POSIX shell, for commands that a message offers to paste.
 *
 *	gv_buf_addstr(&line, "git vault delete");
 *	gv_shell_word(&line, snapshot);	 git vault delete 'my tag'
 */

struct gv_buf;

/* Append the word in single quotes. */
void gv_shell_quote(struct gv_buf *out, const char *word);

/* Append a space and the word, quoted only if a shell would read it as anything
 * other than these bytes. */
void gv_shell_word(struct gv_buf *out, const char *word);

#endif
