
use builtin;
use str;

set edit:completion:arg-completer[vdk] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'vdk'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'vdk'= {
            cand -v 'Log level for stderr; values and tokens are never logged [default: INFO]'
            cand --verbosity 'Log level for stderr; values and tokens are never logged [default: INFO]'
            cand -d 'The same as -v DEBUG'
            cand --dev 'The same as -v DEBUG'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand secrets 'Set, get, list and delete secrets of a data job'
            cand properties 'Set, get, list and delete properties of a data job'
            cand jobs 'List the jobs of a team that have secrets or properties'
            cand check 'Check what a job''s code needs against what is set'
            cand login 'Log in to a Control Service'
            cand logout 'Forget the login, and revoke it if the provider can'
            cand access 'Show and change the roles in a team'
            cand set-default 'Save a default team or Control Service'
            cand reset-default 'Forget a saved default'
            cand info 'Show the version of a Control Service, and its Python versions'
            cand local 'Maintain the encrypted store on this machine (-u local)'
            cand version 'Show the version'
            cand completion 'Print the completions of a shell'
            cand server 'Run a Control Service on this machine'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;secrets'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --set 'Set a secret; without VALUE a hidden prompt asks for it'
            cand --set-prompt 'Set a secret from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a secret from a file, byte for byte; - is stdin'
            cand --set-json 'Set a secret to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all secrets by the JSON object in FILE; - is stdin'
            cand --get 'Print a secret; may be repeated'
            cand -o 'Output format [default: text]'
            cand --output 'Output format [default: text]'
            cand --expiring 'With --list: the keys of all jobs of the team that are due within TIME, such as 30d'
            cand --set-generated 'Set a secret to random characters; LENGTH is 32 if it is left out'
            cand --alphabet 'The characters of generated values [default: alphanumeric]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --delete-all 'Delete all secrets of the job'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --dry-run 'Show which keys a write would add, change, keep and remove'
            cand --list 'List the keys'
            cand --get-all 'List keys and values'
            cand --show-secrets 'Show the values too, with --list'
            cand --exit-code 'With --expiring: exit with 1 if any key is due'
            cand --print 'Print the generated value'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand exec 'Run a program with the secrets as environment variables'
            cand export 'Print the secrets in the format of another program, or write them to a file'
            cand import 'Take in secrets from a file of another program'
            cand diff 'Compare the secrets with those of another job, version or file'
            cand copy 'Copy secrets to another job, team or Control Service'
            cand move 'Move secrets to another job, team or Control Service, or rename them'
            cand edit 'Change secrets in your editor'
            cand find 'Find a value, or keys by name, in all jobs of the team'
            cand replace 'Replace a value by another one in all jobs of the team'
            cand history 'Show who wrote which secrets, and when'
            cand rollback 'Restore an older version of all secrets'
            cand describe 'Show or change what is known of secrets: whose they are, and when they are due'
            cand rotate 'Replace the value of a secret, and record the day'
        }
        &'vdk;secrets;exec'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'upper: db-user is DB_USER; keep: the key as it is'
            cand --prefix 'Put this before each name'
            cand --map 'Give a key a variable of its own'
            cand --file 'Write the value to a private file; VAR is its path'
            cand --keep 'With --clean-env: pass these variables, too'
            cand --preserve-env 'Variables that are set already win, or these of them'
            cand --redact 'Replace values in what the program prints'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --with-properties 'Pass the properties as well; secrets win'
            cand --clean-env 'Pass only PATH, HOME and the like of this environment'
            cand --keep-login 'Pass VDK_API_TOKEN and the like, which are unset otherwise'
            cand --dry-run 'Show the variables, and run nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;export'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'The format [default: by the ending of --out]'
            cand --output 'The format [default: by the ending of --out]'
            cand --out 'Write a file that only you can read, instead of stdout'
            cand --manifest-name 'k8s: the name of the Secret [default: the job''s]'
            cand --namespace 'k8s: its namespace'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'keep: the key as it is; upper: db-user is DB_USER'
            cand --strip-prefix 'Leave this out where a key begins with it'
            cand --prefix 'Put this before each key, and then apply --names'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;import'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand -f 'Its format [default: by its ending]'
            cand --format 'Its format [default: by its ending]'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'keep: the key as it is; upper: db-user is DB_USER'
            cand --strip-prefix 'Leave this out where a key begins with it'
            cand --prefix 'Put this before each key, and then apply --names'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --replace 'Delete all keys that are not in the file; asks first'
            cand --literal 'Take text as it stands where readers of dotenv or YAML differ'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;diff'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --to-version 'An older version, as history shows it'
            cand --to-file 'A file, as import reads it; - is stdin'
            cand -f 'Its format [default: by its ending]'
            cand --format 'Its format [default: by its ending]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --exit-code 'Exit with 1 if anything differs'
            cand --show-secrets 'Show the values that differ'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --literal 'Take text as it stands where readers of dotenv or YAML differ'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;copy'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --rename 'Give a key another name there'
            cand --prefix 'Put this before the name of each other key'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --all 'All keys'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --yes-expose 'Make secrets properties, which are shown and may be stored as plain text'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;move'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --rename 'Give a key another name there'
            cand --prefix 'Put this before the name of each other key'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --all 'All keys'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --yes-expose 'Make secrets properties, which are shown and may be stored as plain text'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;edit'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --resume 'Go on with the text that could not be stored'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;find'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --key 'Find keys by name; * stands for any text. No value is asked for'
            cand --jobs 'Look in these jobs: a name a line; - is stdin. For services that list no jobs'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --contains 'Also find the value as a part of others, such as of a URL or a JSON object, and encoded'
            cand --short 'Allow a value of fewer than 4 characters'
            cand --both 'Look in the secrets and the properties'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;replace'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --old-file 'Read the old value from a file, without the line end behind it; - is stdin'
            cand --new-file 'Read the new value from a file, as the old one'
            cand --generate 'Generate the new value: 8 to 4096 characters [default: 32]'
            cand --alphabet 'The characters of a generated value [default: alphanumeric]'
            cand --jobs 'Look in these jobs: a name a line; - is stdin. For services that list no jobs'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --short 'Allow a value of fewer than 4 characters'
            cand --both 'Look in the secrets and the properties'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;history'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;rollback'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;describe'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --description 'What the value is for'
            cand --owner 'The person or team that can replace it'
            cand --rotate-every 'The time after which it has to be replaced again, such as 90d or 12w'
            cand --expires 'The last day on which it is valid, such as 2027-01-31'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --history 'Show who changed the metadata of which keys, and when'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;secrets;rotate'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --file 'Read the new value from a file, byte for byte; - is stdin'
            cand --generate 'Generate the new value: 8 to 4096 characters [default: 32]'
            cand --alphabet 'The characters of a generated value [default: alphanumeric]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --print 'Print the generated value'
            cand --same 'Record a rotation that was made elsewhere: the stored value stays'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --set 'Set a property; without VALUE a hidden prompt asks for it'
            cand --set-prompt 'Set a property from a hidden prompt, or from a line of stdin without a terminal'
            cand --set-file 'Set a property from a file, byte for byte; - is stdin'
            cand --set-json 'Set a property to a JSON value: a number, boolean, null, array or object'
            cand --delete 'Delete keys: one or several'
            cand --overwrite-all 'Replace all properties by the JSON object in FILE; - is stdin'
            cand --get 'Print a property; may be repeated'
            cand -o 'Output format [default: text]'
            cand --output 'Output format [default: text]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --delete-all 'Delete all properties of the job'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --dry-run 'Show which keys a write would add, change, keep and remove'
            cand --list 'List keys and values'
            cand --get-all 'List keys and values'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand exec 'Run a program with the properties as environment variables'
            cand export 'Print the properties in the format of another program, or write them to a file'
            cand import 'Take in properties from a file of another program'
            cand diff 'Compare the properties with those of another job, version or file'
            cand copy 'Copy properties to another job, team or Control Service'
            cand move 'Move properties to another job, team or Control Service, or rename them'
            cand edit 'Change properties in your editor'
            cand find 'Find a value, or keys by name, in all jobs of the team'
            cand replace 'Replace a value by another one in all jobs of the team'
            cand history 'Show who wrote which properties, and when'
            cand rollback 'Restore an older version of all properties'
            cand migrate 'Move properties that are credentials to the secrets'
        }
        &'vdk;properties;exec'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'upper: db-user is DB_USER; keep: the key as it is'
            cand --prefix 'Put this before each name'
            cand --map 'Give a key a variable of its own'
            cand --file 'Write the value to a private file; VAR is its path'
            cand --keep 'With --clean-env: pass these variables, too'
            cand --preserve-env 'Variables that are set already win, or these of them'
            cand --redact 'Replace values in what the program prints'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --with-properties 'Pass the properties as well; secrets win'
            cand --clean-env 'Pass only PATH, HOME and the like of this environment'
            cand --keep-login 'Pass VDK_API_TOKEN and the like, which are unset otherwise'
            cand --dry-run 'Show the variables, and run nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;export'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'The format [default: by the ending of --out]'
            cand --output 'The format [default: by the ending of --out]'
            cand --out 'Write a file that only you can read, instead of stdout'
            cand --manifest-name 'k8s: the name of the Secret [default: the job''s]'
            cand --namespace 'k8s: its namespace'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'keep: the key as it is; upper: db-user is DB_USER'
            cand --strip-prefix 'Leave this out where a key begins with it'
            cand --prefix 'Put this before each key, and then apply --names'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;import'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand -f 'Its format [default: by its ending]'
            cand --format 'Its format [default: by its ending]'
            cand --only 'Only these keys; * stands for any text'
            cand --except 'All keys but these'
            cand --names 'keep: the key as it is; upper: db-user is DB_USER'
            cand --strip-prefix 'Leave this out where a key begins with it'
            cand --prefix 'Put this before each key, and then apply --names'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --replace 'Delete all keys that are not in the file; asks first'
            cand --literal 'Take text as it stands where readers of dotenv or YAML differ'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;diff'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --to-version 'An older version, as history shows it'
            cand --to-file 'A file, as import reads it; - is stdin'
            cand -f 'Its format [default: by its ending]'
            cand --format 'Its format [default: by its ending]'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --exit-code 'Exit with 1 if anything differs'
            cand --show-secrets 'Show the values that differ'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --literal 'Take text as it stands where readers of dotenv or YAML differ'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;copy'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --rename 'Give a key another name there'
            cand --prefix 'Put this before the name of each other key'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --all 'All keys'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --yes-expose 'Make secrets properties, which are shown and may be stored as plain text'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;move'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --to-name 'The other data job'
            cand --to-team 'The other team'
            cand --to-url 'The other Control Service, or local'
            cand --rename 'Give a key another name there'
            cand --prefix 'Put this before the name of each other key'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --all 'All keys'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --to-secrets 'The secrets'
            cand --to-properties 'The properties'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand --yes-expose 'Make secrets properties, which are shown and may be stored as plain text'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;edit'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --resume 'Go on with the text that could not be stored'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;find'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --key 'Find keys by name; * stands for any text. No value is asked for'
            cand --jobs 'Look in these jobs: a name a line; - is stdin. For services that list no jobs'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --contains 'Also find the value as a part of others, such as of a URL or a JSON object, and encoded'
            cand --short 'Allow a value of fewer than 4 characters'
            cand --both 'Look in the secrets and the properties'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;replace'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --old-file 'Read the old value from a file, without the line end behind it; - is stdin'
            cand --new-file 'Read the new value from a file, as the old one'
            cand --generate 'Generate the new value: 8 to 4096 characters [default: 32]'
            cand --alphabet 'The characters of a generated value [default: alphanumeric]'
            cand --jobs 'Look in these jobs: a name a line; - is stdin. For services that list no jobs'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --short 'Allow a value of fewer than 4 characters'
            cand --both 'Look in the secrets and the properties'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;history'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;rollback'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;properties;migrate'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --looks-secret 'Those that look like credentials, as without any key'
            cand --keep 'Leave the properties as they are, for jobs that still read them'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --dry-run 'Show what would happen to each key, and change nothing'
            cand --overwrite 'Replace stored values that differ'
            cand --keep-existing 'Leave stored keys as they are'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;jobs'= {
            cand -t 'The team'
            cand --team 'The team'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;check'= {
            cand -n 'The data job [default: that of the config.ini here or in a folder above]'
            cand --name 'The data job [default: that of the config.ini here or in a folder above]'
            cand -t 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand --team 'Its team [default: [owner] team of that config.ini, then the saved default]'
            cand -u 'The Control Service''s base URL, or local for the store on this machine'
            cand --rest-api-url 'The Control Service''s base URL, or local for the store on this machine'
            cand --rule 'Only these rules'
            cand --ignore 'All rules but these'
            cand --fail-on 'The level of findings from which on the exit code is 1'
            cand -o 'text, json, sarif 2.1.0, or annotations of GitHub Actions'
            cand --output 'text, json, sarif 2.1.0, or annotations of GitHub Actions'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --offline 'Check the code alone: no service or store is asked'
            cand --stdin-keys 'Read the keys that are set from stdin, and ask no service or store'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;login'= {
            cand -t 'Login method'
            cand --auth-type 'Login method'
            cand -a 'API token; the prompt, stdin and VDK_API_TOKEN hide it from other users'
            cand --api-token 'API token; the prompt, stdin and VDK_API_TOKEN hide it from other users'
            cand -u 'Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a token of the Control Service, its /oauth2/token]'
            cand --api-token-authorization-url 'Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a token of the Control Service, its /oauth2/token]'
            cand --issuer 'Identity provider, whose other addresses are discovered'
            cand -i 'Client id at the provider'
            cand --client-id 'Client id at the provider'
            cand -s 'Client secret, if the client has one; better VDK_CLIENT_SECRET'
            cand --client-secret 'Client secret, if the client has one; better VDK_CLIENT_SECRET'
            cand -d 'Authorization endpoint, which the browser opens'
            cand --oauth2-discovery-url 'Authorization endpoint, which the browser opens'
            cand -e 'Token endpoint for codes and refresh tokens'
            cand --oauth2-exchange-url 'Token endpoint for codes and refresh tokens'
            cand --scope 'Scopes to ask for, with spaces between, such as ''openid offline_access'''
            cand --redirect-uri 'Address on this machine that the browser is sent to, as it is registered at the provider, such as http://localhost:8400/callback [default: http://127.0.0.1:31113]'
            cand --audience 'API that the token is for, as Auth0 asks for it'
            cand --prompt 'login: enter the password again; select_account: choose the account'
            cand --parameter 'Another parameter for the provider; may be repeated'
            cand --timeout 'Longest wait [default: 120 for the browser, the life of the code for a device]'
            cand --rest-api-url 'Control Service that the login is for [default: the configured one]'
            cand --allow 'Allow the saved login for this Control Service as well'
            cand -o 'Output format of --status'
            cand --output 'Output format of --status'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --status 'Show who is logged in, where, and until when'
            cand --check 'With --status: ask the Control Service whether it accepts the login'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;logout'= {
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand --all 'Remove the logins at all services'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List the roles in a team'
            cand grant 'Grant a role in a team, or change it'
            cand revoke 'Revoke a role in a team'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;access;list'= {
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;grant'= {
            cand --user 'A user, by name'
            cand --service-account 'A service account, by its client id'
            cand --group 'A group: every user whose token names it'
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;revoke'= {
            cand --user 'A user, by name'
            cand --service-account 'A service account, by its client id'
            cand --group 'A group: every user whose token names it'
            cand -t 'The team; * for all'
            cand --team 'The team; * for all'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;access;help'= {
            cand list 'List the roles in a team'
            cand grant 'Grant a role in a team, or change it'
            cand revoke 'Revoke a role in a team'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;access;help;list'= {
        }
        &'vdk;access;help;grant'= {
        }
        &'vdk;access;help;revoke'= {
        }
        &'vdk;access;help;help'= {
        }
        &'vdk;set-default'= {
            cand -t 'The team that commands use without -t'
            cand --team 'The team that commands use without -t'
            cand -u 'The Control Service that commands use without -u: a URL, or local'
            cand --rest-api-url 'The Control Service that commands use without -u: a URL, or local'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;reset-default'= {
            cand -t 'Forget the default team'
            cand --team 'Forget the default team'
            cand -u 'Forget the default Control Service'
            cand --rest-api-url 'Forget the default Control Service'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;info'= {
            cand -t 'A team of that Control Service'
            cand --team 'A team of that Control Service'
            cand -u 'The Control Service''s base URL'
            cand --rest-api-url 'The Control Service''s base URL'
            cand -o 'Output format'
            cand --output 'Output format'
            cand --allow-insecure-http 'Send the login over plain http, where others can read it'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local'= {
            cand -h 'Print help'
            cand --help 'Print help'
            cand status 'Show where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand restore 'Restore a backup as the store on this machine'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Import the master key of a store that was moved here'
            cand rotate-key 'Replace both keys, and re-encrypt everything in the store'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;local;status'= {
            cand -o 'Output format'
            cand --output 'Output format'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;backup'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;restore'= {
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --accept-loss 'Restore what is there, although something is damaged or missing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;local;export-key'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;import-key'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;local;rotate-key'= {
            cand --new-key-file 'New file for the master key where VDK_MASTER_KEY_FILE names the old one; running processes look for it in that name with .new behind it'
            cand --forget-old-key 'Forget the old master key, without which no older backup can be opened'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'vdk;local;help'= {
            cand status 'Show where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand restore 'Restore a backup as the store on this machine'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Import the master key of a store that was moved here'
            cand rotate-key 'Replace both keys, and re-encrypt everything in the store'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;local;help;status'= {
        }
        &'vdk;local;help;backup'= {
        }
        &'vdk;local;help;restore'= {
        }
        &'vdk;local;help;export-key'= {
        }
        &'vdk;local;help;import-key'= {
        }
        &'vdk;local;help;rotate-key'= {
        }
        &'vdk;local;help;help'= {
        }
        &'vdk;version'= {
            cand -o 'Output format'
            cand --output 'Output format'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;completion'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server'= {
            cand --address 'Address to listen on [default: 127.0.0.1]'
            cand --port 'Port to listen on; 0 for any free port [default: 8092]'
            cand --config 'Properties file with settings; - is stdin'
            cand --insecure-no-authentication 'Listen beyond loopback without authentication: every client has full access'
            cand --check-config 'Check the settings without starting the service'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand token 'Create, list and revoke API tokens, for use without an identity provider'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token'= {
            cand --config 'Properties file with settings; - is stdin'
            cand -h 'Print help'
            cand --help 'Print help'
            cand create 'Create an API token and print it once'
            cand list 'List the API tokens without their secret parts'
            cand revoke 'Revoke an API token; its access tokens stop working within a minute'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token;create'= {
            cand --user 'User of the token'
            cand --team 'Team of the token; * for all'
            cand --role 'Role in that team [default: the roles of its user]'
            cand --expires 'Lifetime: 12h, 90d, 1year, or never'
            cand --config 'Properties file with settings; - is stdin'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;list'= {
            cand -o 'Output format'
            cand --output 'Output format'
            cand --config 'Properties file with settings; - is stdin'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;revoke'= {
            cand --config 'Properties file with settings; - is stdin'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'vdk;server;token;help'= {
            cand create 'Create an API token and print it once'
            cand list 'List the API tokens without their secret parts'
            cand revoke 'Revoke an API token; its access tokens stop working within a minute'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;token;help;create'= {
        }
        &'vdk;server;token;help;list'= {
        }
        &'vdk;server;token;help;revoke'= {
        }
        &'vdk;server;token;help;help'= {
        }
        &'vdk;server;help'= {
            cand token 'Create, list and revoke API tokens, for use without an identity provider'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;server;help;token'= {
            cand create 'Create an API token and print it once'
            cand list 'List the API tokens without their secret parts'
            cand revoke 'Revoke an API token; its access tokens stop working within a minute'
        }
        &'vdk;server;help;token;create'= {
        }
        &'vdk;server;help;token;list'= {
        }
        &'vdk;server;help;token;revoke'= {
        }
        &'vdk;server;help;help'= {
        }
        &'vdk;help'= {
            cand secrets 'Set, get, list and delete secrets of a data job'
            cand properties 'Set, get, list and delete properties of a data job'
            cand jobs 'List the jobs of a team that have secrets or properties'
            cand check 'Check what a job''s code needs against what is set'
            cand login 'Log in to a Control Service'
            cand logout 'Forget the login, and revoke it if the provider can'
            cand access 'Show and change the roles in a team'
            cand set-default 'Save a default team or Control Service'
            cand reset-default 'Forget a saved default'
            cand info 'Show the version of a Control Service, and its Python versions'
            cand local 'Maintain the encrypted store on this machine (-u local)'
            cand version 'Show the version'
            cand completion 'Print the completions of a shell'
            cand server 'Run a Control Service on this machine'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'vdk;help;secrets'= {
        }
        &'vdk;help;properties'= {
        }
        &'vdk;help;jobs'= {
        }
        &'vdk;help;check'= {
        }
        &'vdk;help;login'= {
        }
        &'vdk;help;logout'= {
        }
        &'vdk;help;access'= {
        }
        &'vdk;help;set-default'= {
        }
        &'vdk;help;reset-default'= {
        }
        &'vdk;help;info'= {
        }
        &'vdk;help;local'= {
            cand status 'Show where the store and its master key are'
            cand backup 'Write a consistent copy of the store, still encrypted, to a new file'
            cand restore 'Restore a backup as the store on this machine'
            cand export-key 'Write the master key, which opens the store, to a new file'
            cand import-key 'Import the master key of a store that was moved here'
            cand rotate-key 'Replace both keys, and re-encrypt everything in the store'
        }
        &'vdk;help;local;status'= {
        }
        &'vdk;help;local;backup'= {
        }
        &'vdk;help;local;restore'= {
        }
        &'vdk;help;local;export-key'= {
        }
        &'vdk;help;local;import-key'= {
        }
        &'vdk;help;local;rotate-key'= {
        }
        &'vdk;help;version'= {
        }
        &'vdk;help;completion'= {
        }
        &'vdk;help;server'= {
            cand token 'Create, list and revoke API tokens, for use without an identity provider'
        }
        &'vdk;help;server;token'= {
            cand create 'Create an API token and print it once'
            cand list 'List the API tokens without their secret parts'
            cand revoke 'Revoke an API token; its access tokens stop working within a minute'
        }
        &'vdk;help;server;token;create'= {
        }
        &'vdk;help;server;token;list'= {
        }
        &'vdk;help;server;token;revoke'= {
        }
        &'vdk;help;help'= {
        }
    ]
    $completions[$command]
}
