# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_vdk_global_optspecs
    string join \n v/verbosity= d/dev h/help V/version
end

function __fish_vdk_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_vdk_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_vdk_using_subcommand
    set -l cmd (__fish_vdk_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c vdk -n "__fish_vdk_needs_command" -s v -l verbosity -d 'Log level for stderr; values and tokens are never logged [default: INFO]' -r -f -a "CRITICAL\t''
ERROR\t''
WARNING\t''
INFO\t''
DEBUG\t''"
complete -c vdk -n "__fish_vdk_needs_command" -s d -l dev -d 'The same as -v DEBUG'
complete -c vdk -n "__fish_vdk_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_needs_command" -s V -l version -d 'Print version'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "secrets" -d 'Set, get, list and delete secrets of a data job'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "properties" -d 'Set, get, list and delete properties of a data job'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "login" -d 'Log in to a Control Service'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "logout" -d 'Forget the login, and revoke it if the provider can'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "access" -d 'Show and change the roles in a team'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "set-default" -d 'Save a default team or Control Service'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "reset-default" -d 'Forget a saved default'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "info" -d 'Show the version of a Control Service, and its Python versions'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "local" -d 'Maintain the encrypted store on this machine (-u local)'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "version" -d 'Show the version'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "completion" -d 'Print the completions of a shell'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "server" -d 'Run a Control Service on this machine'
complete -c vdk -n "__fish_vdk_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set -d 'Set a secret; without VALUE a hidden prompt asks for it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-prompt -d 'Set a secret from a hidden prompt, or from a line of stdin without a terminal' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-file -d 'Set a secret from a file, byte for byte; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-json -d 'Set a secret to a JSON value: a number, boolean, null, array or object' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l delete -d 'Delete keys: one or several' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l overwrite-all -d 'Replace all secrets by the JSON object in FILE; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l get -d 'Print a secret; may be repeated' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s o -l output -d 'Output format [default: text]' -r -f -a "text\t''
json\t''
raw\t''
dotenv\t''
shell\t''
yaml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l delete-all -d 'Delete all secrets of the job'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s y -l yes -d 'Answer yes to every question'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l dry-run -d 'Show which keys a write would add, change, keep and remove'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l list -d 'List the keys'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l get-all -d 'List keys and values'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l show-secrets -d 'Show the values too, with --list'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "exec" -d 'Run a program with the secrets as environment variables'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "export" -d 'Print the secrets in the format of another program, or write them to a file'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "import" -d 'Take in secrets from a file of another program'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "diff" -d 'Compare the secrets with those of another job, version or file'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "copy" -d 'Copy secrets to another job, team or Control Service'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "move" -d 'Move secrets to another job, team or Control Service, or rename them'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "edit" -d 'Change secrets in your editor'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "history" -d 'Show who wrote which secrets, and when'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "rollback" -d 'Restore an older version of all secrets'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l names -d 'upper: db-user is DB_USER; keep: the key as it is' -r -f -a "upper\t''
keep\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l prefix -d 'Put this before each name' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l map -d 'Give a key a variable of its own' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l file -d 'Write the value to a private file; VAR is its path' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l keep -d 'With --clean-env: pass these variables, too' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l preserve-env -d 'Variables that are set already win, or these of them' -r
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l redact -d 'Replace values in what the program prints' -r -f -a "auto\t''
always\t''
never\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l with-properties -d 'Pass the properties as well; secrets win'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l clean-env -d 'Pass only PATH, HOME and the like of this environment'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l keep-login -d 'Pass VDK_API_TOKEN and the like, which are unset otherwise'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -l dry-run -d 'Show the variables, and run nothing'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -s o -l output -d 'The format [default: by the ending of --out]' -r -f -a "json\t''
yaml\t''
dotenv\t''
shell\t''
docker\t''
github\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l out -d 'Write a file that only you can read, instead of stdout' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l manifest-name -d 'k8s: the name of the Secret [default: the job\'s]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l namespace -d 'k8s: its namespace' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l names -d 'keep: the key as it is; upper: db-user is DB_USER' -r -f -a "keep\t''
upper\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l strip-prefix -d 'Leave this out where a key begins with it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l prefix -d 'Put this before each key, and then apply --names' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s f -l format -d 'Its format [default: by its ending]' -r -f -a "json\t''
yaml\t''
dotenv\t''
docker\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l names -d 'keep: the key as it is; upper: db-user is DB_USER' -r -f -a "keep\t''
upper\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l strip-prefix -d 'Leave this out where a key begins with it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l prefix -d 'Put this before each key, and then apply --names' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l replace -d 'Delete all keys that are not in the file; asks first'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -l literal -d 'Take text as it stands where readers of dotenv or YAML differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-version -d 'An older version, as history shows it' -r
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-file -d 'A file, as import reads it; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s f -l format -d 'Its format [default: by its ending]' -r -f -a "json\t''
yaml\t''
dotenv\t''
docker\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 if anything differs'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l show-secrets -d 'Show the values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -l literal -d 'Take text as it stands where readers of dotenv or YAML differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l rename -d 'Give a key another name there' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l prefix -d 'Put this before the name of each other key' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l all -d 'All keys'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -l yes-expose -d 'Make secrets properties, which are shown and may be stored as plain text'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l rename -d 'Give a key another name there' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l prefix -d 'Put this before the name of each other key' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l all -d 'All keys'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -l yes-expose -d 'Make secrets properties, which are shown and may be stored as plain text'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from move" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -l resume -d 'Go on with the text that could not be stored'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand secrets; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set -d 'Set a property; without VALUE a hidden prompt asks for it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-prompt -d 'Set a property from a hidden prompt, or from a line of stdin without a terminal' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-file -d 'Set a property from a file, byte for byte; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l set-json -d 'Set a property to a JSON value: a number, boolean, null, array or object' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l delete -d 'Delete keys: one or several' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l overwrite-all -d 'Replace all properties by the JSON object in FILE; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l get -d 'Print a property; may be repeated' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s o -l output -d 'Output format [default: text]' -r -f -a "text\t''
json\t''
raw\t''
dotenv\t''
shell\t''
yaml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l delete-all -d 'Delete all properties of the job'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s y -l yes -d 'Answer yes to every question'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l dry-run -d 'Show which keys a write would add, change, keep and remove'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l list -d 'List keys and values'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -l get-all -d 'List keys and values'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "exec" -d 'Run a program with the properties as environment variables'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "export" -d 'Print the properties in the format of another program, or write them to a file'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "import" -d 'Take in properties from a file of another program'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "diff" -d 'Compare the properties with those of another job, version or file'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "copy" -d 'Copy properties to another job, team or Control Service'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "move" -d 'Move properties to another job, team or Control Service, or rename them'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "edit" -d 'Change properties in your editor'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "history" -d 'Show who wrote which properties, and when'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and not __fish_seen_subcommand_from exec export import diff copy move edit history rollback" -f -a "rollback" -d 'Restore an older version of all properties'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l names -d 'upper: db-user is DB_USER; keep: the key as it is' -r -f -a "upper\t''
keep\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l prefix -d 'Put this before each name' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l map -d 'Give a key a variable of its own' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l file -d 'Write the value to a private file; VAR is its path' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l keep -d 'With --clean-env: pass these variables, too' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l preserve-env -d 'Variables that are set already win, or these of them' -r
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l redact -d 'Replace values in what the program prints' -r -f -a "auto\t''
always\t''
never\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l with-properties -d 'Pass the properties as well; secrets win'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l clean-env -d 'Pass only PATH, HOME and the like of this environment'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l keep-login -d 'Pass VDK_API_TOKEN and the like, which are unset otherwise'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -l dry-run -d 'Show the variables, and run nothing'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -s o -l output -d 'The format [default: by the ending of --out]' -r -f -a "json\t''
yaml\t''
dotenv\t''
shell\t''
docker\t''
github\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l out -d 'Write a file that only you can read, instead of stdout' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l manifest-name -d 'k8s: the name of the Secret [default: the job\'s]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l namespace -d 'k8s: its namespace' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l names -d 'keep: the key as it is; upper: db-user is DB_USER' -r -f -a "keep\t''
upper\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l strip-prefix -d 'Leave this out where a key begins with it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l prefix -d 'Put this before each key, and then apply --names' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s f -l format -d 'Its format [default: by its ending]' -r -f -a "json\t''
yaml\t''
dotenv\t''
docker\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l only -d 'Only these keys; * stands for any text' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l except -d 'All keys but these' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l names -d 'keep: the key as it is; upper: db-user is DB_USER' -r -f -a "keep\t''
upper\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l strip-prefix -d 'Leave this out where a key begins with it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l prefix -d 'Put this before each key, and then apply --names' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l replace -d 'Delete all keys that are not in the file; asks first'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -l literal -d 'Take text as it stands where readers of dotenv or YAML differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-version -d 'An older version, as history shows it' -r
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-file -d 'A file, as import reads it; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s f -l format -d 'Its format [default: by its ending]' -r -f -a "json\t''
yaml\t''
dotenv\t''
docker\t''
k8s\t''
properties\t''
toml\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with 1 if anything differs'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l show-secrets -d 'Show the values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -l literal -d 'Take text as it stands where readers of dotenv or YAML differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l rename -d 'Give a key another name there' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l prefix -d 'Put this before the name of each other key' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l all -d 'All keys'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -l yes-expose -d 'Make secrets properties, which are shown and may be stored as plain text'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l to-name -d 'The other data job' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l to-team -d 'The other team' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l to-url -d 'The other Control Service, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l rename -d 'Give a key another name there' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l prefix -d 'Put this before the name of each other key' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l all -d 'All keys'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l to-secrets -d 'The secrets'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l to-properties -d 'The properties'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l overwrite -d 'Replace stored values that differ'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l keep-existing -d 'Leave stored keys as they are'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -l yes-expose -d 'Make secrets properties, which are shown and may be stored as plain text'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from move" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -l resume -d 'Go on with the text that could not be stored'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s n -l name -d 'The data job [default: that of the config.ini here or in a folder above]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s t -l team -d 'Its team [default: [owner] team of that config.ini, then the saved default]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s u -l rest-api-url -d 'The Control Service\'s base URL, or local for the store on this machine' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -l dry-run -d 'Show what would happen to each key, and change nothing'
complete -c vdk -n "__fish_vdk_using_subcommand properties; and __fish_seen_subcommand_from rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand login" -s t -l auth-type -d 'Login method' -r -f -a "api-token\t''
credentials\t''
device\t''"
complete -c vdk -n "__fish_vdk_using_subcommand login" -s a -l api-token -d 'API token; the prompt, stdin and VDK_API_TOKEN hide it from other users' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s u -l api-token-authorization-url -d 'Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a token of the Control Service, its /oauth2/token]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l issuer -d 'Identity provider, whose other addresses are discovered' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s i -l client-id -d 'Client id at the provider' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s s -l client-secret -d 'Client secret, if the client has one; better VDK_CLIENT_SECRET' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s d -l oauth2-discovery-url -d 'Authorization endpoint, which the browser opens' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s e -l oauth2-exchange-url -d 'Token endpoint for codes and refresh tokens' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l scope -d 'Scopes to ask for, with spaces between, such as \'openid offline_access\'' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l audience -d 'API that the token is for, as Auth0 asks for it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l prompt -d 'login: enter the password again; select_account: choose the account' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l parameter -d 'Another parameter for the provider; may be repeated' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l timeout -d 'Longest wait [default: 120 for the browser, the life of the code for a device]' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -l allow -d 'Allow the saved login for this Control Service as well' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand login" -s o -l output -d 'Output format of --status' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand login" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand login" -l status -d 'Show who is logged in, where, and until when'
complete -c vdk -n "__fish_vdk_using_subcommand login" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand logout" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand logout" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand access; and not __fish_seen_subcommand_from list grant revoke help" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand access; and not __fish_seen_subcommand_from list grant revoke help" -f -a "list" -d 'List the roles in a team'
complete -c vdk -n "__fish_vdk_using_subcommand access; and not __fish_seen_subcommand_from list grant revoke help" -f -a "grant" -d 'Grant a role in a team, or change it'
complete -c vdk -n "__fish_vdk_using_subcommand access; and not __fish_seen_subcommand_from list grant revoke help" -f -a "revoke" -d 'Revoke a role in a team'
complete -c vdk -n "__fish_vdk_using_subcommand access; and not __fish_seen_subcommand_from list grant revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from list" -s t -l team -d 'The team; * for all' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from list" -s u -l rest-api-url -d 'The Control Service\'s base URL' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from list" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -l user -d 'A user, by name' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -l service-account -d 'A service account, by its client id' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -l group -d 'A group: every user whose token names it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -s t -l team -d 'The team; * for all' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -s u -l rest-api-url -d 'The Control Service\'s base URL' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from grant" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -l user -d 'A user, by name' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -l service-account -d 'A service account, by its client id' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -l group -d 'A group: every user whose token names it' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -s t -l team -d 'The team; * for all' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -s u -l rest-api-url -d 'The Control Service\'s base URL' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the roles in a team'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from help" -f -a "grant" -d 'Grant a role in a team, or change it'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke a role in a team'
complete -c vdk -n "__fish_vdk_using_subcommand access; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand set-default" -s t -l team -d 'The team that commands use without -t' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand set-default" -s u -l rest-api-url -d 'The Control Service that commands use without -u: a URL, or local' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand set-default" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand reset-default" -s t -l team -d 'Forget the default team'
complete -c vdk -n "__fish_vdk_using_subcommand reset-default" -s u -l rest-api-url -d 'Forget the default Control Service'
complete -c vdk -n "__fish_vdk_using_subcommand reset-default" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand info" -s t -l team -d 'A team of that Control Service' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand info" -s u -l rest-api-url -d 'The Control Service\'s base URL' -r -f
complete -c vdk -n "__fish_vdk_using_subcommand info" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand info" -l allow-insecure-http -d 'Send the login over plain http, where others can read it'
complete -c vdk -n "__fish_vdk_using_subcommand info" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "status" -d 'Show where the store and its master key are'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "backup" -d 'Write a consistent copy of the store, still encrypted, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "restore" -d 'Restore a backup as the store on this machine'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "export-key" -d 'Write the master key, which opens the store, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "import-key" -d 'Import the master key of a store that was moved here'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "rotate-key" -d 'Replace both keys, and re-encrypt everything in the store'
complete -c vdk -n "__fish_vdk_using_subcommand local; and not __fish_seen_subcommand_from status backup restore export-key import-key rotate-key help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Do not ask'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from restore" -l accept-loss -d 'Restore what is there, although something is damaged or missing'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from export-key" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from import-key" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from rotate-key" -l new-key-file -d 'New file for the master key where VDK_MASTER_KEY_FILE names the old one; running processes look for it in that name with .new behind it' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from rotate-key" -l forget-old-key -d 'Forget the old master key, without which no older backup can be opened'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from rotate-key" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show where the store and its master key are'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "backup" -d 'Write a consistent copy of the store, still encrypted, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Restore a backup as the store on this machine'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "export-key" -d 'Write the master key, which opens the store, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "import-key" -d 'Import the master key of a store that was moved here'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "rotate-key" -d 'Replace both keys, and re-encrypt everything in the store'
complete -c vdk -n "__fish_vdk_using_subcommand local; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand version" -s o -l output -d 'Output format' -r -f -a "text\t''
json\t''"
complete -c vdk -n "__fish_vdk_using_subcommand version" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand completion" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -l address -d 'Address to listen on [default: 127.0.0.1]' -r
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -l port -d 'Port to listen on; 0 for any free port [default: 8092]' -r
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -l config -d 'Properties file with settings; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -l insecure-no-authentication -d 'Listen beyond loopback without authentication: every client has full access'
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -l check-config -d 'Check the settings without starting the service'
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -f -a "token" -d 'Create, list and revoke API tokens, for use without an identity provider'
complete -c vdk -n "__fish_vdk_using_subcommand server; and not __fish_seen_subcommand_from token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -l config -d 'Properties file with settings; - is stdin' -r -F
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "create" -d 'Create an API token and print it once'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "list" -d 'List the API tokens without their secret parts'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "revoke" -d 'Revoke an API token; its access tokens stop working within a minute'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from token" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from help" -f -a "token" -d 'Create, list and revoke API tokens, for use without an identity provider'
complete -c vdk -n "__fish_vdk_using_subcommand server; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "secrets" -d 'Set, get, list and delete secrets of a data job'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "properties" -d 'Set, get, list and delete properties of a data job'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "login" -d 'Log in to a Control Service'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "logout" -d 'Forget the login, and revoke it if the provider can'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "access" -d 'Show and change the roles in a team'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "set-default" -d 'Save a default team or Control Service'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "reset-default" -d 'Forget a saved default'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "info" -d 'Show the version of a Control Service, and its Python versions'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "local" -d 'Maintain the encrypted store on this machine (-u local)'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "version" -d 'Show the version'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "completion" -d 'Print the completions of a shell'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "server" -d 'Run a Control Service on this machine'
complete -c vdk -n "__fish_vdk_using_subcommand help; and not __fish_seen_subcommand_from secrets properties login logout access set-default reset-default info local version completion server help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "status" -d 'Show where the store and its master key are'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "backup" -d 'Write a consistent copy of the store, still encrypted, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "restore" -d 'Restore a backup as the store on this machine'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "export-key" -d 'Write the master key, which opens the store, to a new file'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "import-key" -d 'Import the master key of a store that was moved here'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from local" -f -a "rotate-key" -d 'Replace both keys, and re-encrypt everything in the store'
complete -c vdk -n "__fish_vdk_using_subcommand help; and __fish_seen_subcommand_from server" -f -a "token" -d 'Create, list and revoke API tokens, for use without an identity provider'
