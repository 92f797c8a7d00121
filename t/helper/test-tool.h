#ifndef TEST_TOOL_H
#define TEST_TOOL_H
/*
 * What the shell tests need and the product does not offer: one program, one
 * sub-command a file. Each returns its exit status.
 */

int cmd_edit(int argc, char **argv);
int cmd_manifest(int argc, char **argv);
int cmd_odb(int argc, char **argv);
int cmd_pack(int argc, char **argv);

#endif
